import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { diskErrorFrom } from '../../disk/disk-error.ts';
import type { UnreadableFile } from './disk-probe.ts';
import { derivedUuid, vmIdOf } from './stable-id.ts';

/** A folder of the host that is, or may be, a VM. */
export interface VmFolder {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Disk files in it and in its `Virtual Hard Disks`, absolute paths. */
  readonly diskFiles: readonly string[];
  /** Disks that are not looked into: links that lead out of the host folder, or nowhere. */
  readonly closedFiles: readonly UnreadableFile[];
  /** Why the folder could not be looked into; null when it could. */
  readonly problem: ReplicationError | null;
}

const diskFile = /\.a?vhdx?$/i;
const disksFolder = 'virtual hard disks';

/** Folders of the file system itself, closed to everybody: not VMs that fail to open. */
const systemFolders = new Set(['lost+found', 'system volume information', '$recycle.bin']);

/**
 * The VM folders of a host folder, by name; folders without a disk file are left out.
 * @throws ReplicationError `HOST_NOT_FOUND`
 */
export const findVmFolders = async (root: string): Promise<readonly VmFolder[]> => {
  const { realRoot, entries } = await readRoot(root);
  const found = await Promise.all(
    entries.map((entry) => openCandidate(realRoot, join(root, entry.name), entry)),
  );
  // One folder under two names, by a link within the root, is one VM.
  const byId = new Map<string, VmFolder>();
  for (const folder of found) if (folder !== null && !byId.has(folder.id)) byId.set(folder.id, folder);
  return [...byId.values()];
};

/** One VM folder as it is now; null when it is gone or holds no disk file any more. */
export const readVmFolder = async (root: string, path: string, name: string): Promise<VmFolder | null> => {
  try {
    const stats = await stat(path, { bigint: true });
    return await readFolder((await readRoot(root)).realRoot, path, name, stats);
  } catch (error) {
    if (isGone(error)) return null;
    throw diskErrorFrom(error, path, 'read');
  }
};

const readRoot = async (root: string): Promise<{ realRoot: string; entries: Dirent[] }> => {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    entries.sort((a, b) => a.name.localeCompare(b.name));
    return { realRoot: await realpath(root), entries };
  } catch (error) {
    throw new ReplicationError('HOST_NOT_FOUND', `The host folder ${root} cannot be read.`, {
      file: root,
      cause: error,
    });
  }
};

const openCandidate = async (realRoot: string, path: string, entry: Dirent): Promise<VmFolder | null> => {
  if (systemFolders.has(entry.name.toLowerCase())) return null;
  try {
    if (!(entry.isDirectory() || entry.isSymbolicLink())) return null;
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) return null;
    if (entry.isSymbolicLink() && !(await staysInside(realRoot, path)))
      return await linkedFolder(path, entry.name, stats);
    return await readFolder(realRoot, path, entry.name, stats);
  } catch (error) {
    // Removed, or a link that leads nowhere, since the root was read.
    if (isGone(error)) return null;
    const id = derivedUuid('unreadable folder', path);
    return withoutDisks(id, entry.name, path, diskErrorFrom(error, path, 'read'));
  }
};

const withoutDisks = (id: string, name: string, path: string, problem: ReplicationError): VmFolder => ({
  id,
  name,
  path,
  diskFiles: [],
  closedFiles: [],
  problem,
});

/** A link to a VM's folder elsewhere is a VM that cannot be protected; what else is linked is none. Only names are read. */
const linkedFolder = async (path: string, name: string, stats: BigIntStats): Promise<VmFolder | null> => {
  const isVm = (await readdir(path)).some((entry) => diskFile.test(entry) || isDisksFolder(entry));
  return isVm ? withoutDisks(vmIdOf(stats), name, path, await outside(path)) : null;
};

const readFolder = async (
  realRoot: string,
  path: string,
  name: string,
  stats: BigIntStats,
): Promise<VmFolder | null> => {
  const id = vmIdOf(stats);
  try {
    const { diskFiles, closedFiles } = await findDiskFiles(realRoot, path, true);
    const isVm = diskFiles.length > 0 || closedFiles.length > 0;
    return isVm ? { id, name, path, diskFiles, closedFiles, problem: null } : null;
  } catch (error) {
    if (isGone(error)) return null;
    return withoutDisks(id, name, path, diskErrorFrom(error, path, 'read'));
  }
};

const findDiskFiles = async (
  realRoot: string,
  path: string,
  isTop: boolean,
): Promise<Pick<VmFolder, 'diskFiles' | 'closedFiles'>> => {
  const diskFiles: string[] = [];
  const closedFiles: UnreadableFile[] = [];
  const entries = await readdir(path, { withFileTypes: true });
  entries.sort((a, b) => a.name.localeCompare(b.name));
  for (const entry of entries) {
    const entryPath = join(path, entry.name);
    const isDisk = diskFile.test(entry.name);
    const isFolder = isTop && isDisksFolder(entry.name);
    if (!isDisk && !isFolder) continue;
    if (entry.isSymbolicLink() && !(await staysInside(realRoot, entryPath))) {
      const error = await outside(entryPath);
      closedFiles.push({ kind: 'unreadable', path: entryPath, error, parentNames: [] });
    } else if (isFolder && !entry.isFile()) {
      const inside = await findDiskFiles(realRoot, entryPath, false);
      diskFiles.push(...inside.diskFiles);
      closedFiles.push(...inside.closedFiles);
    } else if (isDisk && !entry.isDirectory()) diskFiles.push(entryPath);
  }
  return { diskFiles, closedFiles };
};

const isDisksFolder = (name: string): boolean => name.toLowerCase() === disksFolder;

const outside = async (path: string): Promise<ReplicationError> => {
  try {
    const target = await realpath(path);
    const text = `${path} is a link to ${target}, which is outside the host folder.`;
    return new ReplicationError('DISK_OUTSIDE_HOST', text, { file: path });
  } catch (error) {
    if (!isGone(error)) throw error;
    return new ReplicationError('DISK_NOT_FOUND', `${path} is a link that leads nowhere.`, { file: path });
  }
};

/** A link out of the root could show, and replicate, what the administrator did not choose. */
const staysInside = async (realRoot: string, path: string): Promise<boolean> => {
  try {
    return (await realpath(path)).startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
};

const isGone = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
};
