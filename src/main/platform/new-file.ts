import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { ReplicationError } from '../../contract/errors.ts';
import { errnoOf } from './positional-io.ts';

/**
 * A file that appears whole or not at all, and never in place of another. Written beside its place under another name
 * until `finish`.
 */
export class NewFile {
  readonly path: string;
  readonly #temporary: string;
  #handle: number | null;

  /** @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_WRITE_FAILED` */
  constructor(path: string) {
    this.path = path;
    this.#temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
    if (existsSync(path)) throw taken(path);
    this.#handle = this.guard(() => openSync(this.#temporary, 'wx', 0o600));
  }

  write(bytes: Uint8Array): void {
    const handle = this.#handle;
    if (handle === null) throw new Error('The file is finished.');
    this.guard(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    });
  }

  /** Puts the file in its place. */
  finish(): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.guard(() => fsyncSync(handle));
    closeSync(handle);
    this.#handle = null;
    try {
      this.guard(() => this.place());
    } finally {
      rmSync(this.#temporary, { force: true });
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
    rmSync(this.#temporary, { force: true });
  }

  private place(): void {
    try {
      // Unlike a rename, a link fails when the name was taken meanwhile.
      linkSync(this.#temporary, this.path);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw taken(this.path);
      // FAT and some shares know no links.
      if (existsSync(this.path)) throw taken(this.path);
      renameSync(this.#temporary, this.path);
    }
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof ReplicationError) throw cause;
      throw new ReplicationError(
        'DISK_WRITE_FAILED',
        `The file ${this.path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
        { file: this.path, cause },
      );
    }
  }
}

const taken = (path: string): ReplicationError =>
  new ReplicationError('DISK_TARGET_EXISTS', `There is a file ${path} already.`, { file: path });

/** Writes a text file that is not there yet, whole or not at all. @throws as `NewFile` */
export const writeNewFile = (path: string, text: string): void => {
  const file = new NewFile(path);
  try {
    file.write(Buffer.from(text));
    file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
};
