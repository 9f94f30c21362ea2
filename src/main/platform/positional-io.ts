import { readSync, writeSync } from 'node:fs';

/** Writes all of `bytes` at `position`: a single system call may write less. Errors are those of `node:fs`. */
export const writeFully = (handle: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(handle, bytes, done, bytes.length - done, position + done);
  }
};

/** Fills `target` from `position` and returns how many bytes there were: fewer only at the end of the file. */
export const readFully = (handle: number, target: Uint8Array, position: number): number => {
  let done = 0;
  while (done < target.length) {
    const count = readSync(handle, target, done, target.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
};

/** The `errno` name of what `node:fs` threw, or an empty string. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Whether a write failed because the volume or the account's quota is used up. */
export const isOutOfSpace = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errnoOf(error));
