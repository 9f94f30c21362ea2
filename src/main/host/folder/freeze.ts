import { constants } from 'node:fs';
import { copyFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { diskErrorFrom } from '../../disk/disk-error.ts';
import type { Clock } from '../../platform/clock.ts';
import {
  type FileStamp,
  isAhead,
  isRacy,
  type SettledStamp,
  sameStamp,
  settledStamp,
  stampFileAsync,
} from '../../platform/file-stamp.ts';
import type { FrozenVm, HostDisk, HostVm } from '../host.ts';

/**
 * Holds disks still for one pass.
 *
 * Where the file system shares blocks between files (XFS, btrfs, ReFS) each tip is cloned, which takes about a
 * millisecond whatever its size and holds off writers of that file meanwhile, so that a clone is one instant of its
 * file. Several clones are one instant of the VM when at most one tip was written between the start of the first clone
 * and the end of the last: the other tips held the same bytes all that time, also at the instant the written one was
 * cloned. When more than one was written the clones are thrown away and made again, a few times.
 *
 * Elsewhere the live files are read, and `isConsistent` says afterwards whether they stood still.
 *
 * Node clones by `ioctl(FICLONE)` on Linux and `clonefile` on macOS; on Windows libuv refuses a forced clone also on
 * ReFS, so that the live files are read there.
 */
export const freezeDisks = async (disks: readonly HostDisk[], clock: Clock): Promise<FrozenVm> =>
  (await freezeByClone(disks, clock)) ?? (await freezeLive(disks, clock));

/** Appended to the tip's file name, in its own directory, where the relative path to its parent still holds. */
const cloneSuffix = '.hvrc-freeze';
const mostAttempts = 5;

/** Removes clones that a crash left beside a VM's disks; returns how many. @param inUse the ones that are read now */
export const sweepFrozenClones = async (
  vm: HostVm,
  inUse: ReadonlySet<string> = new Set(),
): Promise<number> => {
  const directories = new Set([vm.path, ...vm.disks.map(({ path }) => dirname(path))]);
  let removed = 0;
  for (const directory of directories) {
    const names = (await readdir(directory)).filter((name) => name.endsWith(cloneSuffix));
    const left = names.map((name) => join(directory, name)).filter((path) => !inUse.has(path));
    await removeFiles(left);
    removed += left.length;
  }
  return removed;
};

type Stamps = ReadonlyMap<string, FileStamp>;

/** Null where the volume of one of the tips cannot clone: then no tip is, so that all disks follow one rule. */
const freezeByClone = async (disks: readonly HostDisk[], clock: Clock): Promise<FrozenVm | null> => {
  const clones = disks.map(({ path }) => path + cloneSuffix);
  const files = disks.flatMap(({ files }) => files);
  const parents = new Set(disks.flatMap(({ files }) => files.slice(1)));
  try {
    const settled = await settleAhead(files, clock);
    for (let attempt = 1; ; attempt++) {
      const takenAtMs = clock.now();
      const before = await stampAll(files);
      for (const [index, disk] of disks.entries()) {
        if (!(await cloneFile(disk.path, clones[index]!))) {
          await removeFiles(clones);
          return null;
        }
      }
      const after = await stampAll(files);
      // A file written just before counts as written in between: its time may hide another write.
      const isOld = (path: string, stamp: FileStamp) =>
        !isRacy(stamp, takenAtMs) || (settled.has(path) && sameStamp(settled.get(path)!, stamp));
      const stood = (path: string) =>
        sameStamp(before.get(path)!, after.get(path)!) && isOld(path, before.get(path)!);
      const written = disks.filter(({ path }) => !stood(path));
      const isOneInstant = written.length <= 1 && [...parents].every(stood);
      if (!isOneInstant && attempt < mostAttempts) continue;
      return {
        takenAtMs,
        disks: disks.map((disk, index) => ({
          diskId: disk.id,
          path: clones[index]!,
          cloned: true,
          stamps: disk.files.every(stood) ? disk.files.map((path) => before.get(path)!) : null,
        })),
        // Parents are read where they are: merging a checkpoint would write into them.
        isConsistent: async () => isOneInstant && (await stillThere(pick(before, parents))),
        release: () => removeFiles(clones),
      };
    }
  } catch (error) {
    await removeFiles(clones);
    throw error;
  }
};

/**
 * Files whose times lie in the future, with the stamps that they kept for as long as those are coarse. Else no cut of a
 * VM with such files would be of one instant until the clock has come to them.
 */
const settleAhead = async (files: readonly string[], clock: Clock): Promise<Stamps> => {
  const nowMs = clock.now();
  const ahead = [...(await stampAll(files))].filter(([, stamp]) => isAhead(stamp, nowMs));
  const stamps = await Promise.all(
    ahead.map(async ([path]) => [path, await settledStamp(path, clock)] as const),
  );
  return new Map(stamps.flatMap(([path, { stamp, settled }]) => (settled ? [[path, stamp] as const] : [])));
};

const freezeLive = async (disks: readonly HostDisk[], clock: Clock): Promise<FrozenVm> => {
  const files = [...new Set(disks.flatMap(({ files }) => files))];
  const settled = new Map<string, SettledStamp>(
    await Promise.all(files.map(async (path) => [path, await settledStamp(path, clock)] as const)),
  );
  const takenAtMs = clock.now();
  const stamps = new Map([...settled].map(([path, { stamp }]) => [path, stamp]));
  const isSettled = (path: string) => settled.get(path)!.settled;
  return {
    takenAtMs,
    disks: disks.map((disk) => ({
      diskId: disk.id,
      path: disk.path,
      cloned: false,
      stamps: disk.files.every(isSettled) ? disk.files.map((path) => stamps.get(path)!) : null,
    })),
    isConsistent: async () => files.every(isSettled) && (await stillThere(stamps)),
    release: async () => {},
  };
};

const stampAll = async (paths: readonly string[]): Promise<Stamps> =>
  new Map(await Promise.all(paths.map(async (path) => [path, await stampFileAsync(path)] as const)));

const pick = (stamps: Stamps, paths: ReadonlySet<string>): Stamps =>
  new Map([...stamps].filter(([path]) => paths.has(path)));

const stillThere = async (stamps: Stamps): Promise<boolean> => {
  try {
    const now = await stampAll([...stamps.keys()]);
    return [...stamps].every(([path, stamp]) => sameStamp(stamp, now.get(path)!));
  } catch (error) {
    // Merging a checkpoint removes its file: what was read is no instant, and the next pass finds the new chain.
    if (error instanceof ReplicationError && error.code === 'DISK_NOT_FOUND') return false;
    throw error;
  }
};

/** Answers that mean "no clone can be had here": the file system cannot, or a clone may not be laid beside the disk. */
const noCloneHere: ReadonlySet<string> = new Set([
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'ENOTTY',
  'EINVAL',
  'EXDEV',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
]);

const cloneFile = async (from: string, to: string): Promise<boolean> => {
  try {
    await rm(to, { force: true });
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (noCloneHere.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw diskErrorFrom(error, from, 'read');
  }
};

const removeFiles = async (paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw diskErrorFrom(error, path, 'write');
    }
  }
};
