import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { diskErrorFrom } from '../../disk/disk-error.ts';
import { derivedUuid, vmIdOf } from './stable-id.ts';

/** A folder of the host that is, or may be, a VM. */
export interface VmFolder {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Disk files in it and in its `Virtual Hard Disks`, absolute paths. */
  readonly diskFiles: readonly string[];
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
    if (!(entry.isDirectory() || (entry.isSymbolicLink() && (await staysInside(realRoot, path)))))
      return null;
    const stats = await stat(path, { bigint: true });
    return stats.isDirectory() ? await readFolder(realRoot, path, entry.name, stats) : null;
  } catch (error) {
    // Removed, or a link that leads nowhere, since the root was read.
    if (isGone(error)) return null;
    const id = derivedUuid('unreadable folder', path);
    return { id, name: entry.name, path, diskFiles: [], problem: diskErrorFrom(error, path, 'read') };
  }
};

const readFolder = async (
  realRoot: string,
  path: string,
  name: string,
  stats: BigIntStats,
): Promise<VmFolder | null> => {
  const id = vmIdOf(stats);
  try {
    const diskFiles = await findDiskFiles(realRoot, path, true);
    return diskFiles.length === 0 ? null : { id, name, path, diskFiles, problem: null };
  } catch (error) {
    if (isGone(error)) return null;
    return { id, name, path, diskFiles: [], problem: diskErrorFrom(error, path, 'read') };
  }
};

const findDiskFiles = async (realRoot: string, path: string, isTop: boolean): Promise<string[]> => {
  const files: string[] = [];
  const entries = await readdir(path, { withFileTypes: true });
  entries.sort((a, b) => a.name.localeCompare(b.name));
  for (const entry of entries) {
    const entryPath = join(path, entry.name);
    const isDisk = diskFile.test(entry.name);
    const isFolder = isTop && entry.name.toLowerCase() === disksFolder;
    if (!isDisk && !isFolder) continue;
    if (entry.isSymbolicLink() && !(await staysInside(realRoot, entryPath))) continue;
    if (isFolder && !entry.isFile()) files.push(...(await findDiskFiles(realRoot, entryPath, false)));
    else if (isDisk && !entry.isDirectory()) files.push(entryPath);
  }
  return files;
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
