import { ReplicationError } from '../../contract/errors.ts';
import { FileTarget } from './file-target.ts';
import type { VirtualDiskWriter } from './virtual-disk.ts';

const chunkBytes = 1024 * 1024;
const zeros = new Uint8Array(chunkBytes);

/**
 * Writes a disk whose virtual bytes lie in the file one to one, optionally followed by a trailer (a fixed VHD's footer)
 * that is written by the first `flush`: a file whose making was interrupted has none, so it never looks whole.
 */
export class FlatFileWriter implements VirtualDiskWriter {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: FileTarget;
  readonly #trailer: Uint8Array | null;
  #trailerWritten: boolean;
  /** A bit for each MiB that may hold something; null when all may. Zeroing a hole must not fill it. */
  readonly #touched: Uint8Array | null;

  private constructor(file: FileTarget, sizeBytes: number, trailer: Uint8Array | null, isNew: boolean) {
    this.path = file.path;
    this.sizeBytes = sizeBytes;
    this.#file = file;
    this.#trailer = trailer;
    this.#trailerWritten = !isNew;
    this.#touched = isNew ? new Uint8Array(Math.ceil(sizeBytes / chunkBytes / 8)) : null;
  }

  /** @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_ACCESS_DENIED`, `VOLUME_LOW_SPACE` */
  static create(path: string, sizeBytes: number, trailer: Uint8Array | null): FlatFileWriter {
    const file = FileTarget.create(path);
    try {
      file.resize(sizeBytes);
      return new FlatFileWriter(file, sizeBytes, trailer, true);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Goes on writing into the data area of a disk that exists; takes over `file`. */
  static overExisting(file: FileTarget, sizeBytes: number): FlatFileWriter {
    return new FlatFileWriter(file, sizeBytes, null, false);
  }

  read(target: Uint8Array, offset: number): void {
    checkWriterRange(this, offset, target.length);
    this.#file.read(target, offset);
  }

  write(data: Uint8Array, offset: number): void {
    checkWriterRange(this, offset, data.length);
    this.#file.write(data, offset);
    if (this.#touched === null || data.length === 0) return;
    const last = Math.floor((offset + data.length - 1) / chunkBytes);
    for (let chunk = Math.floor(offset / chunkBytes); chunk <= last; chunk += 1) {
      this.#touched[chunk >>> 3]! |= 1 << (chunk & 7);
    }
  }

  zero(offset: number, length: number): void {
    checkWriterRange(this, offset, length);
    for (let at = offset; at < offset + length; ) {
      const chunk = Math.floor(at / chunkBytes);
      const next = Math.min(offset + length, (chunk + 1) * chunkBytes);
      if (this.#isTouched(chunk)) this.#file.write(zeros.subarray(0, next - at), at);
      at = next;
    }
  }

  async flush(): Promise<void> {
    await this.#file.sync();
    if (this.#trailerWritten || this.#trailer === null) return;
    this.#file.write(this.#trailer, this.sizeBytes);
    await this.#file.sync();
    this.#trailerWritten = true;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#file.close();
    }
  }

  abandon(): void {
    this.#file.close();
  }

  #isTouched(chunk: number): boolean {
    return this.#touched === null || (this.#touched[chunk >>> 3]! & (1 << (chunk & 7))) !== 0;
  }
}

/** @throws ReplicationError `INPUT_INVALID` when the range leaves the disk */
export const checkWriterRange = (
  disk: { readonly path: string; readonly sizeBytes: number },
  offset: number,
  length: number,
): void => {
  if (Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= disk.sizeBytes) return;
  throw new ReplicationError(
    'INPUT_INVALID',
    `${length} bytes from ${offset} are not on the disk ${disk.path}, which has ${disk.sizeBytes} bytes.`,
    { file: disk.path, offset },
  );
};
