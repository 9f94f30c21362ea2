import { ReplicationError } from '../../../contract/errors.ts';
import { type FileStamp, sameStamp, stampFileAsync } from '../../platform/file-stamp.ts';
import { type ChainStamps, storedStamps } from './stamps.ts';

/** A copy may keep a file's time cut down to whole or even seconds. */
const toleranceNs = 2_000_000_000n;

/**
 * Finds a disk that was put back to an older state since it was last looked at:
 *
 * | what was done                       | how it shows                                                                       |
 * |-------------------------------------|------------------------------------------------------------------------------------|
 * | a file was restored from a backup   | it was written earlier than before, and that was changed later: not the clock's doing |
 * | a checkpoint was applied            | the tip is gone, what it was built on is as it was: a merge would have written there |
 *
 * @param files the chain now, tip first
 * @param earlier stamps as stored with the last scan
 * @throws ReplicationError `DISK_REVERTED`
 */
export const refuseReverted = async (
  disk: { readonly name: string; readonly rootPath: string },
  files: readonly string[],
  earlier: unknown,
): Promise<void> => {
  const before = storedStamps(earlier);
  if (before === null) return;
  const now: Record<string, FileStamp> = {};
  for (const file of files) now[file] = await stampFileAsync(file);
  const restored = files.find((file) => wasRestored(before[file], now[file]!));
  if (restored !== undefined) {
    throw reverted(disk, `${restored} is older than when it was last read`);
  }
  if (wasCheckpointApplied(before, now)) throw reverted(disk, 'a checkpoint of it was applied');
};

const wasRestored = (before: ChainStamps[string] | undefined, now: FileStamp): boolean =>
  before !== undefined &&
  BigInt(now.modifiedNs) + toleranceNs < BigInt(before.modifiedNs) &&
  BigInt(now.changedNs) > BigInt(before.changedNs);

const wasCheckpointApplied = (before: ChainStamps, now: Readonly<Record<string, FileStamp>>): boolean => {
  const [tip, ...base] = Object.keys(before);
  if (tip === undefined || base.length === 0 || now[tip] !== undefined) return false;
  return base.every((file) => now[file] !== undefined && sameStamp(before[file]!, now[file]));
};

const reverted = (disk: { readonly name: string; readonly rootPath: string }, how: string) =>
  new ReplicationError('DISK_REVERTED', `${disk.name} was put back to an older state: ${how}.`, {
    file: disk.rootPath,
  });
