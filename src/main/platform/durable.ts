import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes renames and new names in a directory durable. Windows journals them itself and cannot open a directory. */
export const syncDirectory = (directory: string): void => {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/**
 * Replaces `path` so that a crash at any moment leaves the old or the new content, never a mixture. `mode`: who may read
 * it, where the system knows such modes.
 */
export const writeFileAtomically = (path: string, content: string | Uint8Array, mode?: number): void => {
  const temporary = `${path}.tmp`;
  // What a crash left might have another mode, which opening would keep.
  if (mode !== undefined) rmSync(temporary, { force: true });
  const handle = openSync(temporary, 'w', mode);
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } catch (error) {
    closeSync(handle);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(handle);
  renameDurably(temporary, path);
};

/** Renames within a directory and makes it durable. Both files must be closed: Windows refuses otherwise. */
export const renameDurably = (from: string, to: string): void => {
  renameSync(from, to);
  syncDirectory(dirname(to));
};

/** Deletes a closed file, if it is there, and makes that durable. */
export const removeDurably = (path: string): void => {
  rmSync(path, { force: true });
  syncDirectory(dirname(path));
};
