import { fdatasyncSync, ftruncateSync } from 'node:fs';
import { logCorrupt, logWriteError } from './log-error.ts';
import type { LogFile } from './log-file.ts';
import type { CutMark } from './log-record.ts';
import type { RecordChain } from './record-chain.ts';
import { surveyLog } from './survey-log.ts';

/** What opening a log for append cut off its end. */
export interface TailRecovery {
  readonly lastCut: CutMark | null;
  readonly cutBackBytes: number;
  /** Whole records among them; the rest were torn. */
  readonly cutBackRecords: number;
}

/**
 * Cuts a log back to its last cut mark. What remains is durable afterwards, also where the process that wrote it died
 * before its own sync.
 * @throws ReplicationError `HRL_CORRUPT` when records that count are missing, `HRL_WRITE_FAILED`
 */
export const recoverTail = (
  file: LogFile,
  minimumCut: number,
): { recovery: TailRecovery; committed: RecordChain } => {
  const { cuts, committed, good, damage } = surveyLog(file);
  if (damage !== null) throw logCorrupt(file.path, damage.offset, damage.reason);
  requireCut(file, committed, minimumCut);
  try {
    if (committed.offset < file.sizeBytes) ftruncateSync(file.handle, committed.offset);
    fdatasyncSync(file.handle);
  } catch (error) {
    throw logWriteError(error, file.path, committed.offset);
  }
  const recovery: TailRecovery = {
    lastCut: cuts.at(-1) ?? null,
    cutBackBytes: file.sizeBytes - committed.offset,
    cutBackRecords: good.blocks,
  };
  return { recovery, committed };
};

/** A log that ends before a cut which was confirmed has lost its end, however clean it looks. */
export const requireCut = (file: LogFile, committed: RecordChain, minimumCut: number): void => {
  if (committed.baseCut >= minimumCut) return;
  const reason = `it ends at cut ${committed.baseCut}, and cut ${minimumCut} was confirmed`;
  throw logCorrupt(file.path, committed.offset, reason);
};
