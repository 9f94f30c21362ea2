import { basename, dirname, isAbsolute, resolve, win32 } from 'node:path';

/**
 * Where on this machine a parent may lie, in the order to try, given the paths that the child's file stores.
 *
 * | stored path                 | tried                                                                |
 * |-----------------------------|----------------------------------------------------------------------|
 * | `.\base.vhd`, `..\a\b.vhdx` | from the child's folder                                              |
 * | `C:\vm\base.vhd`, `\\?\…`   | as it is on Windows                                                  |
 * | `/vm/base.vhd`              | as it is                                                             |
 * | any                         | last of all the file's name in the child's folder (copied or renamed folders, other systems) |
 */
export const parentPathCandidates = (
  childPath: string,
  storedPaths: readonly string[],
): readonly string[] => {
  const folder = dirname(childPath);
  const asStored = storedPaths.flatMap((path) => {
    if (process.platform === 'win32') return [win32.resolve(folder, path)];
    if (isAbsolute(path)) return [path];
    if (isWindowsAbsolute(path)) return [];
    return [resolve(folder, path.replaceAll('\\', '/'))];
  });
  const besideChild = storedPaths
    .map((path) => resolve(folder, fileName(path)))
    // A child that bears its parent's name in another folder is no guess at its own parent.
    .filter((path) => path !== folder && path !== childPath);
  return [...new Set([...asStored, ...besideChild])];
};

const isWindowsAbsolute = (path: string): boolean => /^[A-Za-z]:/.test(path) || path.startsWith('\\');

/** The last part of a Windows or POSIX path. */
export const fileName = (path: string): string => basename(win32.basename(path));
