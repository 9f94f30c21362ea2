import { closeSync, fstatSync, openSync } from 'node:fs';
import { ReplicationError } from '../../contract/errors.ts';
import { errnoOf, readFully } from '../platform/positional-io.ts';
import { logReadError, logWriteError } from './log-error.ts';
import {
  checkExpectation,
  decodeLogHeader,
  type LogExpectation,
  type LogHeader,
  logHeaderBytes,
} from './log-header.ts';

/** An open log whose header was read and checked. Its size is that of the moment it was opened. */
export class LogFile {
  readonly path: string;
  readonly #handle: number;
  readonly header: LogHeader;
  /** Seed of the record CRCs. */
  readonly seed: number;
  readonly sizeBytes: number;
  #closed = false;

  /** @throws ReplicationError `HRL_MISSING`, `HRL_READ_FAILED`, `HRL_CORRUPT`, `HRL_UNSUPPORTED`, `HRL_FOREIGN` */
  static open(path: string, flags: 'r' | 'r+', expected: LogExpectation = {}): LogFile {
    let handle: number;
    try {
      handle = openSync(path, flags);
    } catch (error) {
      throw flags === 'r+' && errnoOf(error) !== 'ENOENT'
        ? logWriteError(error, path)
        : logReadError(error, path);
    }
    try {
      const bytes = Buffer.alloc(logHeaderBytes);
      const found = bytes.subarray(0, readFully(handle, bytes, 0));
      const { header, seed } = decodeLogHeader(found, path);
      checkExpectation(header, expected, path);
      return new LogFile(path, handle, header, seed, fstatSync(handle).size);
    } catch (error) {
      closeSync(handle);
      throw logReadError(error, path);
    }
  }

  private constructor(path: string, handle: number, header: LogHeader, seed: number, sizeBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.header = header;
    this.seed = seed;
    this.sizeBytes = sizeBytes;
  }

  /** Never a number that the system may have given to another file since. */
  get handle(): number {
    if (this.#closed) {
      throw new ReplicationError('STATE_INVALID', `The replication log ${this.path} was closed.`, {
        file: this.path,
      });
    }
    return this.#handle;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#handle);
  }
}

/** A buffer that slides over a log, so that small reads near each other cost one system call. */
export class FileWindow {
  readonly buffer: Buffer;
  readonly #file: LogFile;
  #start = 0;
  #length = 0;

  constructor(file: LogFile, capacity: number) {
    this.#file = file;
    this.buffer = Buffer.allocUnsafe(Math.min(capacity, file.sizeBytes));
  }

  /** Where in `buffer` the bytes [offset, offset + length) are; reads ahead. -1 when the file ends before. */
  forward(offset: number, length: number): number {
    return this.#holds(offset, length) ? offset - this.#start : this.#load(offset, offset, length);
  }

  /** The same, reading what lies before as well: for walking towards the start. */
  backward(offset: number, length: number): number {
    if (this.#holds(offset, length)) return offset - this.#start;
    return this.#load(Math.max(0, offset + length - this.buffer.length), offset, length);
  }

  #holds(offset: number, length: number): boolean {
    return offset >= this.#start && offset + length <= this.#start + this.#length;
  }

  #load(start: number, offset: number, length: number): number {
    const { handle, path, sizeBytes } = this.#file;
    if (offset + length > sizeBytes) return -1;
    this.#start = start;
    this.#length = 0;
    try {
      const wanted = this.buffer.subarray(0, Math.min(this.buffer.length, sizeBytes - start));
      this.#length = readFully(handle, wanted, start);
    } catch (error) {
      throw logReadError(error, path, offset);
    }
    return this.#holds(offset, length) ? offset - start : -1;
  }
}
