import type { ByteSource } from '../../src/main/disk/byte-source.ts';
import type { DiskFile } from '../../src/main/disk/vhdx/disk-file.ts';

/** Bytes in memory as a file. */
export class MemorySource implements ByteSource {
  readonly path: string;
  readonly bytes: Buffer;

  constructor(bytes: Buffer, path = 'memory.vhdx') {
    this.bytes = bytes;
    this.path = path;
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }

  read(target: Uint8Array, offset: number): void {
    if (offset + target.length > this.bytes.length) throw new Error(`read of ${offset} leaves the file`);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  close(): void {}
}

type Operation =
  | { readonly kind: 'write'; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'resize'; readonly sizeBytes: number }
  /** A sync has ended: the operations before `covers` are on the disk. */
  | { readonly kind: 'barrier'; readonly covers: number };

const sectorBytes = 512;

/**
 * A file in memory that remembers every write and sync, so that the power can be cut after any of them: what a sync
 * covered is there, of the rest an arbitrary choice of sectors is.
 */
export class PowerCutFile implements DiskFile {
  readonly path: string;
  readonly operations: Operation[] = [];
  private bytes: Buffer;
  private length: number;

  constructor(path: string, content: Buffer = Buffer.alloc(0)) {
    this.path = path;
    this.bytes = Buffer.from(content);
    this.length = content.length;
    if (content.length > 0) this.operations.push({ kind: 'write', offset: 0, data: Buffer.from(content) });
    this.operations.push({ kind: 'barrier', covers: this.operations.length });
  }

  get sizeBytes(): number {
    return this.length;
  }

  read(target: Uint8Array, offset: number): void {
    if (offset + target.length > this.length) throw new Error(`read of ${offset} leaves the file`);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  write(data: Uint8Array, offset: number): void {
    const copy = Buffer.from(data);
    this.operations.push({ kind: 'write', offset, data: copy });
    this.reserve(offset + copy.length);
    copy.copy(this.bytes, offset);
    this.length = Math.max(this.length, offset + copy.length);
  }

  resize(sizeBytes: number): void {
    this.operations.push({ kind: 'resize', sizeBytes });
    this.reserve(sizeBytes);
    this.bytes.fill(0, Math.min(sizeBytes, this.length));
    this.length = sizeBytes;
  }

  syncNow(): void {
    this.operations.push({ kind: 'barrier', covers: this.operations.length });
  }

  async sync(): Promise<void> {
    const covers = this.operations.length;
    await new Promise((resolve) => setImmediate(resolve));
    this.operations.push({ kind: 'barrier', covers });
  }

  close(): void {}

  /**
   * What may be on the disk when the power fails after the first `count` operations. `keeps` decides for every sector
   * written since the last sync, and for every change of the file's length, which it is asked about as sector -1.
   */
  contentAfter(count: number, keeps: (offset: number) => boolean): Buffer {
    const done = this.operations.slice(0, count);
    const durable = done.reduce(
      (most, step) => (step.kind === 'barrier' ? Math.max(most, step.covers) : most),
      0,
    );
    const image = new Image(Math.max(0, ...done.map(endOf)));
    done.forEach((operation, index) => {
      const isDurable = index < durable;
      if (operation.kind === 'resize' && (isDurable || keeps(-1))) image.resize(operation.sizeBytes);
      if (operation.kind !== 'write') return;
      if (isDurable) {
        image.write(operation.data, operation.offset);
        return;
      }
      for (let at = 0; at < operation.data.length; ) {
        const end = Math.min(
          operation.data.length,
          at + sectorBytes - ((operation.offset + at) % sectorBytes),
        );
        if (keeps(operation.offset + at))
          image.write(operation.data.subarray(at, end), operation.offset + at);
        at = end;
      }
    });
    return image.content;
  }

  private reserve(end: number): void {
    if (end <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.max(end, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

const endOf = (operation: Operation): number => {
  if (operation.kind === 'write') return operation.offset + operation.data.length;
  return operation.kind === 'resize' ? operation.sizeBytes : 0;
};

/** A file's content under construction, with room for all of it from the start: growing costs more than the test. */
class Image {
  private readonly bytes: Buffer;
  private length = 0;

  constructor(mostBytes: number) {
    this.bytes = Buffer.alloc(mostBytes);
  }

  get content(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  write(data: Buffer, offset: number): void {
    data.copy(this.bytes, offset);
    this.length = Math.max(this.length, offset + data.length);
  }

  resize(sizeBytes: number): void {
    // Beyond the length it is zero at all times.
    if (sizeBytes < this.length) this.bytes.fill(0, sizeBytes, this.length);
    this.length = sizeBytes;
  }
}
