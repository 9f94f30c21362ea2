import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createDirectory } from './create-directory.ts';

export interface RotatingFileOptions {
  readonly path: string;
  /** A file that would grow beyond this is put aside first. */
  readonly maxBytes: number;
  /** How many are kept aside: `x.log.1`, the newest, to `x.log.<keep>`. */
  readonly keep: number;
  /** Told once of a failure, and again after writing worked in between: a full disk must not stop replication. */
  readonly onFailure: (error: unknown) => void;
}

/** Appends lines to a file whose size stays bounded. One process at a time writes it. */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #handle: number | null = null;
  #size = 0;
  #failing = false;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      const stuck = this.mustRotate(bytes) ? this.rotate() : null;
      this.#handle ??= this.open();
      // A file that cannot be put aside, since somebody looks into it, takes as much again: no line is lost for that.
      if (stuck !== null && this.#size + bytes.length > 2 * this.#options.maxBytes) throw stuck;
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#handle, bytes, at);
      this.#size += bytes.length;
      if (stuck === null) this.#failing = false;
      else this.failed(stuck);
    } catch (error) {
      this.failed(error);
    }
  }

  private mustRotate(bytes: Uint8Array): boolean {
    return this.#handle !== null && this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes;
  }

  private failed(error: unknown): void {
    if (!this.#failing) this.#options.onFailure(error);
    this.#failing = true;
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  private open(): number {
    createDirectory(dirname(this.#options.path), 0o700);
    const handle = openSync(this.#options.path, 'a', 0o600);
    this.#size = fstatSync(handle).size;
    return handle;
  }

  /** Puts the file aside; what keeps it from that. Renaming onto the oldest replaces it. */
  private rotate(): Error | null {
    const { path, keep } = this.#options;
    this.close();
    try {
      for (let age = keep; age > 0; age--) {
        const from = age === 1 ? path : `${path}.${age - 1}`;
        if (existsSync(from)) renameSync(from, `${path}.${age}`);
      }
      return null;
    } catch (error) {
      return error as Error;
    }
  }
}
