import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { type FolderReport, listedFolders } from '../../contract/folders.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such folder',
  ENOTDIR: 'That is not a folder',
  EACCES: 'The folder may not be read by the account that runs the engine',
  EPERM: 'The folder may not be read by the account that runs the engine',
  ELOOP: 'The folder’s links run in a circle',
  ENAMETOOLONG: 'The path is too long',
};

/**
 * The folders in a folder, never its files; without a path, where one may begin: the drives on Windows, else `/`.
 * @throws ReplicationError `INPUT_INVALID` when it cannot be listed
 */
export const listFolder = async (
  path: string | undefined,
  platform: NodeJS.Platform = process.platform,
): Promise<FolderReport> => {
  const windows = platform === 'win32';
  if (path === undefined && windows) return listDrives();
  const paths = windows ? win32 : posix;
  const directory = paths.normalize(path ?? '/');
  const names = await readFolderNames(directory);
  const top = paths.dirname(directory) === directory;
  return {
    path: directory,
    parent: top ? (windows ? '' : null) : paths.dirname(directory),
    folders: names.slice(0, listedFolders).map((name) => ({ name, path: paths.join(directory, name) })),
    more: names.length > listedFolders,
  };
};

const readFolderNames = async (directory: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const names = await Promise.all(
      entries.map(async (entry) => {
        const isFolder =
          entry.isDirectory() ||
          (entry.isSymbolicLink() && (await leadsToFolder(`${directory}/${entry.name}`)));
        return isFolder ? entry.name : null;
      }),
    );
    return names.filter((name) => name !== null).sort((a, b) => a.localeCompare(b));
  } catch (cause) {
    const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'The folder cannot be read';
    throw new ReplicationError('INPUT_INVALID', `${reason}: ${directory}`, { file: directory, cause });
  }
};

/** A link that leads nowhere is no folder. */
const leadsToFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const listDrives = (): FolderReport => ({
  path: null,
  parent: null,
  folders: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    .map((letter) => ({ name: `${letter}:`, path: `${letter}:\\` }))
    .filter((drive) => existsSync(drive.path)),
  more: false,
});
