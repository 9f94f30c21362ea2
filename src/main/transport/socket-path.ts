import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { dataPaths } from '../platform/data-directory.ts';

/** What a socket's address can hold, its closing NUL excluded. */
const maxPathBytes = process.platform === 'darwin' ? 103 : 107;

/**
 * Where the engine of a data directory listens: a socket in it, or one under a hashed name in the user's own directory of
 * the temporary files when the path is too long for a socket address; on Windows a named pipe.
 */
export const socketPathOf = (dataDirectory: string, platform: NodeJS.Platform = process.platform): string => {
  const directory = resolve(dataDirectory);
  if (platform === 'win32') return `\\\\.\\pipe\\hvrc-${hash(directory.toLowerCase())}`;
  const path = dataPaths(directory).socket;
  if (Buffer.byteLength(path) <= maxPathBytes) return path;
  return join(tmpdir(), `hvrc-${userInfo().uid}`, `${hash(directory)}.sock`);
};

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);
