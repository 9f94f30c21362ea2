import type { BlockChange } from '../block/tracking-block.ts';
import { logCorrupt } from './log-error.ts';
import { FileWindow, type LogFile } from './log-file.ts';
import { type BlockRecord, decodeRecord, recordHeaderBytes } from './log-record.ts';
import { RecordChain } from './record-chain.ts';
import { SparseBits } from './sparse-bits.ts';
import { type LogSurvey, regionBlocks } from './survey-log.ts';
import { headerWindowBytes, payloadWindowBytes, walkRecords } from './walk-records.ts';

const segmentBlocks = 1 << 16;

/**
 * The changes that a log's cuts amount to, without those that later ones of the same block cover: applied in the order
 * given they lead to the state of the last cut, and the last change of a block carries its final digest.
 *
 * One region of 1 TiB after the other, so that memory does not grow with the disk: a walk backwards finds what is
 * superseded, a walk forwards gives the rest. A block's changes keep their order; regions ascend.
 * @throws ReplicationError `HRL_CORRUPT`, `HRL_READ_FAILED`
 */
export function* netChanges(file: LogFile, survey: LogSurvey): Generator<BlockChange> {
  const window = new FileWindow(file, payloadWindowBytes);
  const spareSegments: Uint8Array[] = [];
  for (const region of [...survey.regions].sort((a, b) => a - b)) {
    const superseded = findSuperseded(file, survey, region, spareSegments);
    const wanted = (record: BlockRecord) => isIn(region, record) && !superseded.has(record.ordinal);
    const chain = new RecordChain(file.header);
    const walk = walkRecords(file, window, chain, survey.committed.offset, wanted);
    let step = walk.next();
    for (; !step.done; step = walk.next()) {
      const { record, data } = step.value;
      if (record.kind === 'cut' || !wanted(record)) continue;
      yield { block: record.block, pageMask: record.pageMask, data, digest: record.digest };
    }
    if (step.value !== null) throw logCorrupt(file.path, chain.offset, step.value);
  }
}

const isIn = (region: number, { block }: BlockRecord): boolean => Math.floor(block / regionBlocks) === region;

/**
 * Ordinals of the records in `region` whose every page is in a later record as well. `spare` lends memory from one region
 * to the next.
 */
const findSuperseded = (
  file: LogFile,
  { committed }: LogSurvey,
  region: number,
  spare: Uint8Array[],
): SparseBits => {
  const superseded = new SparseBits();
  const covered = new Map<number, Uint8Array>();
  const window = new FileWindow(file, headerWindowBytes);
  let { offset, previousRecordBytes } = committed;
  while (previousRecordBytes > 0) {
    offset -= previousRecordBytes;
    const at = window.backward(offset, recordHeaderBytes);
    const record = at < 0 ? null : decodeRecord(window.buffer, at, file.seed);
    if (record === null) throw logCorrupt(file.path, offset, 'there is no valid record header');
    previousRecordBytes = record.previousRecordBytes;
    if (record.kind === 'cut' || !isIn(region, record)) continue;
    const segmentIndex = Math.floor(record.block / segmentBlocks);
    let segment = covered.get(segmentIndex);
    if (segment === undefined) {
      segment = spare.pop()?.fill(0) ?? new Uint8Array(segmentBlocks);
      covered.set(segmentIndex, segment);
    }
    const index = record.block % segmentBlocks;
    const before = segment[index]!;
    const pages = committed.coverOf(record);
    if ((pages & ~before) === 0) superseded.add(record.ordinal);
    else segment[index] = before | pages;
  }
  spare.push(...covered.values());
  return superseded;
};
