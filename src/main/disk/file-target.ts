import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { syncDirectory } from '../platform/durable.ts';
import { diskErrorFrom } from './disk-error.ts';

const dataSync = promisify(fdatasync);

/** A disk file that is being written, with every failure catalogued and no partial read or write left to the caller. */
export class FileTarget {
  readonly path: string;
  readonly #handle: number;
  #closed = false;

  private constructor(path: string, handle: number) {
    this.path = path;
    this.#handle = handle;
  }

  /**
   * The new, empty file's name is durable when this returns.
   * @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_NOT_FOUND` (no such directory), `DISK_ACCESS_DENIED`, `VOLUME_LOW_SPACE`
   */
  static create(path: string): FileTarget {
    const file = FileTarget.#open(resolve(path), 'wx+');
    file.#guard('write', () => syncDirectory(dirname(file.path)));
    return file;
  }

  /** @throws ReplicationError `DISK_NOT_FOUND`, `DISK_LOCKED`, `DISK_ACCESS_DENIED` */
  static openExisting(path: string): FileTarget {
    return FileTarget.#open(resolve(path), 'r+');
  }

  static #open(path: string, flags: string): FileTarget {
    try {
      return new FileTarget(path, openSync(path, flags));
    } catch (error) {
      throw diskErrorFrom(error, path, 'open');
    }
  }

  get sizeBytes(): number {
    return this.#guard('read', () => fstatSync(this.#handle).size);
  }

  /** Fills `target`; what lies beyond the end of the file reads as zeros. */
  read(target: Uint8Array, offset: number): void {
    let filled = 0;
    while (filled < target.length) {
      const count = this.#guard('read', () =>
        readSync(this.#handle, target, filled, target.length - filled, offset + filled),
      );
      if (count === 0) {
        target.fill(0, filled);
        return;
      }
      filled += count;
    }
  }

  write(data: Uint8Array, offset: number): void {
    for (let done = 0; done < data.length; ) {
      done += this.#guard('write', () =>
        writeSync(this.#handle, data, done, data.length - done, offset + done),
      );
    }
  }

  /** Cuts the file off or lengthens it with a hole that reads as zeros. */
  resize(sizeBytes: number): void {
    this.#guard('write', () => ftruncateSync(this.#handle, sizeBytes));
  }

  /** Everything written before is on the disk when this resolves. */
  async sync(): Promise<void> {
    try {
      await dataSync(this.#handle);
    } catch (error) {
      throw diskErrorFrom(error, this.path, 'write');
    }
  }

  /** The same, for an order of writes inside one synchronous step. */
  syncBlocking(): void {
    this.#guard('write', () => fdatasyncSync(this.#handle));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#handle);
  }

  #guard<T>(action: 'read' | 'write', call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw diskErrorFrom(error, this.path, action);
    }
  }
}
