import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { renameDurably, syncDirectory } from '../platform/durable.ts';
import { errnoOf } from '../platform/positional-io.ts';
import { logReadError, logWriteError } from './log-error.ts';
import { logHeaderBytes } from './log-header.ts';

/**
 * Names of the logs beside a disk (replication-rules.md, Lifecycle 4): `<disk file>.hrl` grows, `<disk file>.<n>.hrl`
 * are sealed and in transit. `rootPath` is the disk chain's root file: its name stays when a checkpoint adds a tip.
 */
export interface SealedLog {
  readonly path: string;
  readonly sequence: number;
  readonly bytes: number;
}

export interface DiskLogs {
  readonly active: { readonly path: string; readonly bytes: number } | null;
  /** Ascending by sequence. */
  readonly sealed: readonly SealedLog[];
}

export const activeLogPath = (rootPath: string): string => `${rootPath}.hrl`;

export const sealedLogPath = (rootPath: string, sequence: number): string => `${rootPath}.${sequence}.hrl`;

/** @throws ReplicationError `HRL_READ_FAILED` when the disk's directory cannot be listed, so that a volume that is away never looks like a disk without logs */
export const listLogs = (rootPath: string): DiskLogs => {
  const directory = dirname(rootPath);
  const prefix = `${basename(rootPath)}.`;
  const sealed: SealedLog[] = [];
  let active: DiskLogs['active'] = null;
  for (const name of namesIn(directory)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(directory, name);
    const rest = name.slice(prefix.length);
    const sequence = /^(0|[1-9]\d{0,15})\.hrl$/.exec(rest)?.[1];
    if (sequence === undefined && rest !== 'hrl') continue;
    const bytes = sizeOf(path);
    if (bytes === null) continue;
    if (sequence === undefined) active = { path, bytes };
    else sealed.push({ path, sequence: Number(sequence), bytes });
  }
  return { active, sealed: sealed.sort((a, b) => a.sequence - b.sequence) };
};

/** Space that all logs of a disk take: what the 50 % threshold looks at. A log that holds nothing yet does not count. */
export const totalLogBytes = (rootPath: string): number => {
  const { active, sealed } = listLogs(rootPath);
  const activeBytes = active === null || active.bytes <= logHeaderBytes ? 0 : active.bytes;
  return sealed.reduce((sum, { bytes }) => sum + bytes, activeBytes);
};

/**
 * Renames the active log, whose writer must be closed, for transit; returns its new path. Doing it again after a crash
 * is fine.
 * @throws ReplicationError `HRL_MISSING`, `HRL_WRITE_FAILED`
 */
export const sealActiveLog = (rootPath: string, sequence: number): string => {
  const from = activeLogPath(rootPath);
  const to = sealedLogPath(rootPath, sequence);
  const isSealed = existsSync(to);
  if (!existsSync(from)) {
    if (isSealed) return to;
    throw new ReplicationError('HRL_MISSING', `The replication log ${from} does not exist.`, { file: from });
  }
  if (isSealed) {
    throw new ReplicationError('HRL_WRITE_FAILED', `${from} cannot be sealed because ${to} exists already.`, {
      file: to,
    });
  }
  try {
    renameDurably(from, to);
  } catch (error) {
    throw logWriteError(error, from);
  }
  return to;
};

/**
 * Deletes every log of a disk, and what an interrupted creation left, and returns the bytes given back.
 * @throws ReplicationError `HRL_READ_FAILED`, `HRL_WRITE_FAILED`
 */
export const dropLogs = (rootPath: string): number => {
  const { active, sealed } = listLogs(rootPath);
  let bytes = 0;
  try {
    // The newest first: should this be interrupted, what is left is a run without gaps.
    for (const log of [...(active === null ? [] : [active]), ...sealed.toReversed()]) {
      rmSync(log.path, { force: true });
      bytes += log.bytes;
    }
    rmSync(`${activeLogPath(rootPath)}.tmp`, { force: true });
    syncDirectory(dirname(rootPath));
  } catch (error) {
    throw logWriteError(error, rootPath);
  }
  return bytes;
};

const namesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw new ReplicationError('HRL_READ_FAILED', `The directory ${directory} could not be read.`, {
      file: directory,
      cause: error,
    });
  }
};

/** Null when the file went away since it was listed. */
const sizeOf = (path: string): number | null => {
  try {
    return statSync(path).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw logReadError(error, path);
  }
};
