import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Creates a directory and those above it that are missing; one that exists is fine. Step by step, because Node's own
 * recursive `mkdir` never returns where the system answers ENOENT below a directory that exists (`/proc`, some mounts).
 * @throws the error of the first directory that cannot be created; `ENOTDIR` when a file has the name
 * @returns whether the directory is new
 */
export const createDirectory = (path: string, mode = 0o777): boolean => {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const directory of missing.toReversed()) makeOne(directory, mode);
  if (statSync(path).isDirectory()) return missing.length > 0;
  throw Object.assign(new Error(`ENOTDIR: ${path} is a file`), { code: 'ENOTDIR', path });
};

const makeOne = (directory: string, mode: number): void => {
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    // Another process made it just now.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};
