import { type BigIntStats, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { diskErrorFrom } from './disk-error.ts';

/** One system call never asks for more: the kernel's own limit is just below 2 GiB. */
const largestReadBytes = 1024 ** 3;

/** A disk file opened read-only. */
export class FileSource implements ByteSource {
  readonly path: string;
  /** Size when the file was opened; `read` asks the file itself, so that a file that grew since can be read to its end. */
  readonly sizeBytes: number;
  /** Volume and file number: equal for two paths of one file, whatever links lead there. */
  readonly fileId: string;
  readonly #handle: number;
  #closed = false;

  /** @throws ReplicationError `DISK_NOT_FOUND`, `DISK_LOCKED`, `DISK_ACCESS_DENIED`, `DISK_READ_FAILED`, `DISK_FORMAT_UNKNOWN` */
  constructor(path: string) {
    this.path = resolve(path);
    const { handle, stats } = openRegularFile(this.path);
    this.#handle = handle;
    this.sizeBytes = Number(stats.size);
    this.fileId = `${stats.dev}:${stats.ino}`;
  }

  read(target: Uint8Array, offset: number): void {
    let filled = 0;
    while (filled < target.length) {
      let count: number;
      try {
        count = readSync(
          this.#handle,
          target,
          filled,
          Math.min(target.length - filled, largestReadBytes),
          offset + filled,
        );
      } catch (error) {
        throw diskErrorFrom(error, this.path, 'read', offset + filled);
      }
      if (count === 0) {
        throw new ReplicationError(
          'DISK_TRUNCATED',
          `The disk file ${this.path} ends at byte ${offset + filled}, but ${target.length} bytes from ${offset} were expected.`,
          { file: this.path, offset: offset + filled },
        );
      }
      filled += count;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#handle);
  }
}

const openRegularFile = (path: string): { handle: number; stats: BigIntStats } => {
  let handle: number | undefined;
  try {
    // Before opening: to open a pipe would wait for its other end.
    refuseSpecialFile(statSync(path, { bigint: true }), path);
    handle = openSync(path, 'r');
    const stats = fstatSync(handle, { bigint: true });
    refuseSpecialFile(stats, path);
    return { handle, stats };
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    throw diskErrorFrom(error, path, 'open');
  }
};

const refuseSpecialFile = (stats: BigIntStats, path: string): void => {
  if (stats.isFile()) return;
  throw new ReplicationError('DISK_FORMAT_UNKNOWN', `${path} is not a regular file.`, { file: path });
};
