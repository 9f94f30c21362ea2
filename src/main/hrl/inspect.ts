import { closeSync, openSync, statSync } from 'node:fs';
import { type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import { readFully } from '../platform/positional-io.ts';
import { logCorrupt, logReadError } from './log-error.ts';
import { FileWindow, LogFile } from './log-file.ts';
import { beginsAsLog, type LogHeader, logHeaderBytes } from './log-header.ts';
import type { CutMark } from './log-record.ts';
import { RecordChain } from './record-chain.ts';
import { type LogDamage, surveyLog } from './survey-log.ts';
import { payloadWindowBytes, walkRecords } from './walk-records.ts';

/** Everything `hvrc hrl inspect` shows. */
export interface LogInspection {
  readonly path: string;
  readonly sizeBytes: number;
  /** Null when not even the file header could be read; `problem` says why. */
  readonly header: LogHeader | null;
  readonly cuts: readonly CutMark[];
  /** Good records of finished passes. */
  readonly records: { readonly blocks: number; readonly zeroBlocks: number; readonly payloadBytes: number };
  /** What follows the last cut mark: whole records of an unfinished pass, and bytes that are no record any more. */
  readonly tail: { readonly records: number; readonly bytes: number; readonly tornBytes: number };
  readonly damage: LogDamage | null;
  /** The error that using this log would end in; null for a good one, torn tail or not. */
  readonly problem: ErrorReport | null;
}

/**
 * Reads a whole log, payloads included, and reports what it finds; damage is a finding, not an error.
 * @throws ReplicationError `HRL_MISSING`, `HRL_READ_FAILED`
 */
export const inspectLog = (path: string): LogInspection => {
  let file: LogFile;
  try {
    file = LogFile.open(path, 'r');
  } catch (error) {
    return unreadable(path, error);
  }
  try {
    const { cuts, committed, good, damage } = surveyLog(file);
    const records = { blocks: 0, zeroBlocks: 0, payloadBytes: 0 };
    const chain = new RecordChain(file.header);
    const window = new FileWindow(file, payloadWindowBytes);
    const walk = walkRecords(file, window, chain, committed.offset, () => true);
    let step = walk.next();
    for (; !step.done; step = walk.next()) {
      const { record } = step.value;
      if (record.kind === 'cut') continue;
      records.blocks += 1;
      records.zeroBlocks += record.pageMask === 0 ? 1 : 0;
      records.payloadBytes += record.payloadBytes;
    }
    // A payload lies before the last cut, a broken header after it: the former is the first damage.
    const found: LogDamage | null =
      step.value === null ? damage : { offset: chain.offset, reason: step.value, resumesAtOffset: null };
    return {
      path,
      sizeBytes: file.sizeBytes,
      header: file.header,
      cuts,
      records,
      tail: {
        records: good.blocks,
        bytes: good.offset - committed.offset,
        tornBytes: file.sizeBytes - good.offset,
      },
      damage: found,
      problem: found === null ? null : logCorrupt(path, found.offset, found.reason).toReport(),
    };
  } finally {
    file.close();
  }
};

const unreadable = (path: string, error: unknown): LogInspection => {
  const opened = ReplicationError.from(error, { file: path });
  if (opened.code !== 'HRL_CORRUPT' && opened.code !== 'HRL_UNSUPPORTED') throw opened;
  // To the engine, which put a log in this place, it is a damaged one; to somebody who names any file it is none.
  const problem = startsAsLog(path) ? opened : notALog(path);
  const isDamaged = problem.code === 'HRL_CORRUPT';
  return {
    path,
    sizeBytes: statSync(path).size,
    header: null,
    cuts: [],
    records: { blocks: 0, zeroBlocks: 0, payloadBytes: 0 },
    tail: { records: 0, bytes: 0, tornBytes: 0 },
    damage: isDamaged ? { offset: 0, reason: problem.message, resumesAtOffset: null } : null,
    problem: problem.toReport(),
  };
};

const startsAsLog = (path: string): boolean => {
  const handle = openSync(path, 'r');
  try {
    const start = Buffer.alloc(logHeaderBytes);
    return beginsAsLog(start.subarray(0, readFully(handle, start, 0)));
  } catch (error) {
    throw logReadError(error, path);
  } finally {
    closeSync(handle);
  }
};

const notALog = (path: string): ReplicationError =>
  new ReplicationError('HRL_NOT_A_LOG', `The file ${path} is not a replication log.`, { file: path });
