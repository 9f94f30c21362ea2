import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ReplicationError } from '../../contract/errors.ts';
import type { Clock } from './clock.ts';

/**
 * What the file system says about a file without reading it: two equal stamps mean that the file stood still in
 * between, provided that the first one was *settled* (see `settledStamp`). Plain JSON: nanoseconds and file ids do not
 * fit a number and are kept as decimal strings.
 */
export interface FileStamp {
  readonly device: string;
  readonly inode: string;
  readonly sizeBytes: number;
  readonly modifiedNs: string;
  readonly changedNs: string;
}

/** A stamp, and whether a later equal stamp proves that the file stood still. */
export interface SettledStamp {
  readonly stamp: FileStamp;
  readonly settled: boolean;
}

/**
 * How long after a write a second write may leave the very same time. Linux stamps files with the time of the last
 * timer tick, 1 to 10 ms; 50 ms leaves room for a file server's clock running a little apart. NTFS and ReFS count
 * 100 ns and need no more. NTFS may delay the *last write* time of an open file until its writer closes or flushes
 * it: a running Hyper-V VM's disk is locked against reading anyway and belongs to that host's own change tracking.
 */
const tickMs = 50;

/** FAT keeps even seconds, HFS+ and 128-byte ext inodes whole ones: their times end in nine zeros. */
const wholeSecondTickMs = 2_000;

const nsPerMs = 1_000_000n;
const nsPerSecond = 1_000_000_000n;

const toStamp = (stats: BigIntStats): FileStamp => ({
  device: String(stats.dev),
  inode: String(stats.ino),
  sizeBytes: Number(stats.size),
  modifiedNs: String(stats.mtimeNs),
  changedNs: String(stats.ctimeNs),
});

/** @throws ReplicationError `DISK_NOT_FOUND`, `DISK_ACCESS_DENIED`, `DISK_READ_FAILED` */
export const stampFile = (path: string): FileStamp => {
  try {
    return toStamp(statSync(path, { bigint: true }));
  } catch (error) {
    throw fileError(error, path);
  }
};

/** `stampFile` for the main thread, where a slow share must not block. */
export const stampFileAsync = async (path: string): Promise<FileStamp> => {
  try {
    return toStamp(await stat(path, { bigint: true }));
  } catch (error) {
    throw fileError(error, path);
  }
};

export const sameStamp = (a: FileStamp, b: FileStamp): boolean =>
  a.device === b.device &&
  a.inode === b.inode &&
  a.sizeBytes === b.sizeBytes &&
  a.modifiedNs === b.modifiedNs &&
  a.changedNs === b.changedNs;

/** Milliseconds within which a further write may go unseen in this file's times. */
export const granularityMs = (stamp: FileStamp): number =>
  BigInt(stamp.modifiedNs) % nsPerSecond === 0n ? wholeSecondTickMs : tickMs;

/**
 * Whether the file changed so shortly before `nowMs` that another change right after could leave the same stamp. A
 * time in the future is racy too: nothing is known about when it was set.
 */
export const isRacy = (stamp: FileStamp, nowMs: number): boolean =>
  nowMs - youngestMs(stamp) <= granularityMs(stamp);

/** Whether the file's times lie in the future: the clock was set back since, and it may be days before they do not. */
export const isAhead = (stamp: FileStamp, nowMs: number): boolean => youngestMs(stamp) > nowMs;

const youngestMs = ({ modifiedNs, changedNs }: FileStamp): number => {
  const modifiedMs = BigInt(modifiedNs) / nsPerMs;
  const changedMs = BigInt(changedNs) / nsPerMs;
  return Number(modifiedMs > changedMs ? modifiedMs : changedMs);
};

/**
 * A stamp that a later one may be compared with. A file that was just written is waited for, once, for as long as its
 * times are coarse, also where they lie in the future, however far; when it changed again meanwhile, or `signal` cut the wait short, it is not settled.
 */
export const settledStamp = async (
  path: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<SettledStamp> => {
  const stamp = await stampFileAsync(path);
  if (!isRacy(stamp, clock.now())) return { stamp, settled: true };
  // The whole granularity, not just what is left of it: then this holds even where the file server's clock is not ours.
  await clock.wait(granularityMs(stamp) + 1, signal);
  const later = await stampFileAsync(path);
  return { stamp: later, settled: signal?.aborted !== true && sameStamp(stamp, later) };
};

/** An error of `node:fs` about a disk file, as a catalogued one. */
export const fileError = (error: unknown, path: string): ReplicationError => {
  if (error instanceof ReplicationError) return error;
  const context = { file: path, cause: error };
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ReplicationError('DISK_NOT_FOUND', `${path} does not exist.`, context);
    case 'EACCES':
    case 'EPERM':
      return new ReplicationError('DISK_ACCESS_DENIED', `${path} may not be read.`, context);
    case 'EBUSY':
      return new ReplicationError('DISK_LOCKED', `${path} is held by another program.`, context);
    case 'ENOMEM':
      return new ReplicationError('LOW_MEMORY', `There is not enough memory to read ${path}.`, context);
    default:
      return new ReplicationError('DISK_READ_FAILED', `${path} could not be read.`, context);
  }
};
