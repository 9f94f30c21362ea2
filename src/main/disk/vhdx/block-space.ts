import type { DiskFile } from './disk-file.ts';
import type { FileLayout } from './validate-layout.ts';
import { bitmapBlockBytes, mib } from './vhdx-format.ts';

export interface Place {
  readonly offset: number;
  /** Whether the place reads as zeros; otherwise it holds what a freed block left there. */
  readonly isFresh: boolean;
}

/** The file grows by this much more than is needed: each change of a file's size costs about as much as a block's write. */
const growAheadBytes = 64 * mib;

/**
 * Room for blocks in the file: holes first, then the end. The file is a whole number of MiB and always long enough for
 * every place given out, before anything can name it.
 */
export class BlockSpace {
  private readonly file: DiskFile;
  private readonly blockBytes: number;
  private end: number;
  private readonly free: number[];

  constructor(file: DiskFile, blockBytes: number, layout: FileLayout) {
    this.file = file;
    this.blockBytes = blockBytes;
    this.end = layout.usedMib * mib;
    this.free = holes(layout, blockBytes / mib);
  }

  /** Cuts off what a killed writer left behind the last block; it could hold anything. */
  reclaimTail(): void {
    if (this.file.sizeBytes !== this.end) this.file.resize(this.end);
  }

  takeBlock(): Place {
    const offset = this.free.pop();
    return offset === undefined
      ? { offset: this.extend(this.blockBytes), isFresh: true }
      : { offset, isFresh: false };
  }

  /** File offset of a bitmap block full of zeros. */
  takeBitmap(): number {
    return this.extend(bitmapBlockBytes);
  }

  /** Gives places back for use; nothing durable may name them any more. */
  release(offsets: readonly number[]): void {
    for (const offset of offsets) this.free.push(offset);
  }

  /** Shortens the file by what is free at its end; returns whether anything was. */
  trim(): boolean {
    const free = new Set(this.free);
    while (free.delete(this.end - this.blockBytes)) this.end -= this.blockBytes;
    if (this.end === this.file.sizeBytes) return false;
    this.free.splice(0, this.free.length, ...free);
    this.file.resize(this.end);
    return true;
  }

  private extend(length: number): number {
    const offset = this.end;
    this.end = offset + length;
    if (this.end > this.file.sizeBytes) this.file.resize(this.end + growAheadBytes);
    return offset;
  }
}

/** Offsets of block-sized holes, the last one first, so that the first is used first. */
const holes = ({ used, usedMib }: FileLayout, blockMib: number): number[] => {
  const found: number[] = [];
  for (let at = 0, run = 0; at < usedMib; at += 1) {
    run = (used[at >> 3]! & (1 << (at & 7))) === 0 ? run + 1 : 0;
    if (run === blockMib) {
      found.push((at + 1 - blockMib) * mib);
      run = 0;
    }
  }
  return found.reverse();
};
