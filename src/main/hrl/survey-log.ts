import { trackingBlockBytes } from '../block/tracking-block.ts';
import { FileWindow, type LogFile } from './log-file.ts';
import { type CutMark, decodeRecord, recordAlignment, recordHeaderBytes } from './log-record.ts';
import { RecordChain } from './record-chain.ts';
import { headerWindowBytes, payloadWindowBytes, walkRecords } from './walk-records.ts';

/** Blocks that net changes are worked out for at a time: 1 TiB of disk, at most 32 MiB of memory. */
export const regionBlocks = 1024 ** 4 / trackingBlockBytes;

/** A place where the log is broken although something after it counts. */
export interface LogDamage {
  readonly offset: number;
  readonly reason: string;
  /** Where the next record that counts was found; null when nobody looked. */
  readonly resumesAtOffset: number | null;
}

export interface LogSurvey {
  readonly cuts: readonly CutMark[];
  /** The place after the last good cut mark. */
  readonly committed: RecordChain;
  /** The place after the last good record; what is between belongs to an unfinished pass. */
  readonly good: RecordChain;
  readonly damage: LogDamage | null;
  /** Numbers of the disk regions that committed block records lie in. */
  readonly regions: ReadonlySet<number>;
}

/**
 * Looks at every record header of a log, and at the payloads after the last good cut mark. What follows the last good
 * record is either
 * - a *torn tail*, when nothing in it counts: a pass was interrupted, and nothing that was ever confirmed is missing; or
 * - *damage*, when a cut mark, or a record that builds on a later cut, comes after it: a confirmed cut lost its records.
 */
export const surveyLog = (file: LogFile): LogSurvey => {
  const cuts: CutMark[] = [];
  const regions = new Set<number>();
  const chain = new RecordChain(file.header);
  let committed = chain.clone();
  const window = new FileWindow(file, headerWindowBytes);
  const walk = walkRecords(file, window, chain, file.sizeBytes, () => false);
  let step = walk.next();
  for (; !step.done; step = walk.next()) {
    const { record } = step.value;
    if (record.kind === 'block') {
      regions.add(Math.floor(record.block / regionBlocks));
    } else {
      cuts.push(record.mark);
      committed = chain.clone();
    }
  }
  const { good, flaw } = verifyTail(file, committed);
  const resumesAtOffset = flaw === null ? null : findProofOfLoss(file, good);
  const damage =
    flaw === null || resumesAtOffset === null ? null : { offset: good.offset, reason: flaw, resumesAtOffset };
  return { cuts, committed, good, damage, regions };
};

/** Goes over the tail with its payloads: one that is broken may have swallowed the mark that made it count. */
const verifyTail = (file: LogFile, committed: RecordChain): { good: RecordChain; flaw: string | null } => {
  const good = committed.clone();
  if (good.offset === file.sizeBytes) return { good, flaw: null };
  const walk = walkRecords(file, new FileWindow(file, payloadWindowBytes), good, file.sizeBytes, () => true);
  let step = walk.next();
  while (!step.done) step = walk.next();
  return { good, flaw: step.value };
};

/** The first header from `broken` on, at any multiple of 64, that proves a cut after `broken.baseCut`. */
const findProofOfLoss = (file: LogFile, broken: RecordChain): number | null => {
  const window = new FileWindow(file, payloadWindowBytes);
  for (let offset = broken.offset; offset + recordHeaderBytes <= file.sizeBytes; offset += recordAlignment) {
    const at = window.forward(offset, recordHeaderBytes);
    if (at < 0) return null;
    const record = decodeRecord(window.buffer, at, file.seed);
    if (record === null) continue;
    const provenCut = record.kind === 'cut' ? record.mark.cut : record.baseCut;
    if (provenCut > broken.baseCut) return offset;
  }
  return null;
};
