import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../contract/errors.ts';
import { renameDurably } from '../platform/durable.ts';
import { errnoOf, readFully, writeFully } from '../platform/positional-io.ts';
import { isZero } from './digest.ts';
import {
  decodeSideHeader,
  encodeSideHeader,
  requireOwner,
  type SideFileOwner,
  sideFileMagic,
  sideFileWriteError,
  sideHeaderBytes,
} from './side-file-header.ts';
import { blockCount, trackingBlockBytes } from './tracking-block.ts';

/**
 * The bitmap of changed blocks: what tracking falls back to when the log would fill the disk's volume. One bit for each
 * tracking block (bit b of byte i is block 8 i + b) that differs from what the digests of `cut` say.
 *
 *      0   80  header (side-file-header.ts); its CRC is that of the directory, its count that of the set bits
 *     80   4n  directory: for each segment the CRC-32 of its 64 KiB, or 0 when it has no bit and is not there
 *   4096 k     segments of 64 KiB, 2^19 blocks each, one after the other; k is the least that leaves room for the above
 */
const magic = sideFileMagic('BMP');
const segmentBytes = 64 * 1024;
const segmentBlocks = segmentBytes * 8;
/** 512 KiB: a pass goes through the disk in order, the holes somewhat ahead of the rest. */
const mostWindows = 8;

export const bitmapPath = (tablePath: string): string => `${tablePath}.bitmap`;

const segmentCount = (sizeBytes: number): number => Math.ceil(blockCount(sizeBytes) / segmentBlocks);
const firstSegmentAt = (sizeBytes: number): number =>
  Math.ceil((sideHeaderBytes + 4 * segmentCount(sizeBytes)) / 4096) * 4096;
/** 0 stands for a segment that is not there. */
const segmentCrc = (bytes: Buffer): number => crc32(bytes) || 1;

/** Gathers a bitmap; only `finish` makes it count. Memory is bounded whatever the disk's size. For one thread. */
export class BlockBitmapWriter {
  readonly path: string;
  readonly #owner: SideFileOwner;
  readonly #crcs: Uint32Array;
  /** Segments in memory, the least recently used first. */
  readonly #windows = new Map<number, Buffer>();
  #count = 0;
  /** Opened when memory no longer does, or at the end: a pass that needs no bitmap leaves no trace. */
  #file: number | null = null;

  /** @throws ReplicationError `INPUT_INVALID` */
  constructor(path: string, owner: SideFileOwner) {
    requireOwner(owner, path);
    this.path = path;
    this.#owner = owner;
    this.#crcs = new Uint32Array(segmentCount(owner.diskSizeBytes));
  }

  /** Blocks added so far. */
  get count(): number {
    return this.#count;
  }

  /** @throws ReplicationError `INPUT_INVALID`, `VOLUME_LOW_SPACE`, `TRACKING_WRITE_FAILED` */
  add(block: number): void {
    if (!Number.isSafeInteger(block) || block < 0 || block >= blockCount(this.#owner.diskSizeBytes)) {
      throw new ReplicationError('INPUT_INVALID', `The disk has no block ${block}.`, { file: this.path });
    }
    const window = this.#window(Math.floor(block / segmentBlocks));
    const bit = block % segmentBlocks;
    const before = window[bit >>> 3]!;
    const after = before | (1 << (bit & 7));
    if (after === before) return;
    window[bit >>> 3] = after;
    this.#count += 1;
  }

  /** Puts the bitmap in place of any earlier one, durably. @throws as `add` */
  finish(): void {
    this.#writing(() => {
      for (const [segment, window] of this.#windows) this.#writeBack(segment, window);
      const directory = Buffer.alloc(this.#crcs.length * 4);
      this.#crcs.forEach((crc, segment) => {
        directory.writeUInt32LE(crc, segment * 4);
      });
      const header = { ...this.#owner, count: this.#count, contentCrc: crc32(directory) };
      const handle = this.#handle();
      writeFully(handle, Buffer.concat([encodeSideHeader(magic, header), directory]), 0);
      fsyncSync(handle);
      this.#close();
      renameDurably(`${this.path}.tmp`, this.path);
    });
  }

  /** Drops what was gathered, unless it is finished; an earlier bitmap stays. */
  abandon(): void {
    if (this.#file === null) return;
    this.#close();
    rmSync(`${this.path}.tmp`, { force: true });
  }

  #window(segment: number): Buffer {
    let window = this.#windows.get(segment);
    if (window === undefined) window = this.#admit(segment);
    else this.#windows.delete(segment);
    this.#windows.set(segment, window);
    return window;
  }

  #admit(segment: number): Buffer {
    let window: Buffer | undefined;
    for (const [oldest, bytes] of this.#windows) {
      if (this.#windows.size < mostWindows) break;
      this.#writing(() => this.#writeBack(oldest, bytes));
      this.#windows.delete(oldest);
      window = bytes;
    }
    window ??= Buffer.alloc(segmentBytes);
    window.fill(0);
    // Where nothing was written yet the file is shorter, or reads as zeros.
    const target = window;
    if (this.#crcs[segment] !== 0)
      this.#writing(() => readFully(this.#handle(), target, this.#offsetOf(segment)));
    return window;
  }

  #writeBack(segment: number, window: Buffer): void {
    writeFully(this.#handle(), window, this.#offsetOf(segment));
    this.#crcs[segment] = segmentCrc(window);
  }

  #offsetOf(segment: number): number {
    return firstSegmentAt(this.#owner.diskSizeBytes) + segment * segmentBytes;
  }

  #handle(): number {
    this.#file ??= openSync(`${this.path}.tmp`, 'w+');
    return this.#file;
  }

  #close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #writing(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.abandon();
      throw sideFileWriteError(error, this.path);
    }
  }
}

/** A finished bitmap, checked when it was opened. */
export class BlockBitmap {
  /** Number of changed blocks. */
  readonly count: number;
  readonly #handle: number;
  readonly #sizeBytes: number;
  readonly #directory: Buffer;

  /**
   * Null when there is none of this disk, lineage and cut, or when it is damaged: whoever asks then compares the whole
   * disk, which the bitmap only shortens.
   */
  static open(path: string, owner: SideFileOwner): BlockBitmap | null {
    let handle: number;
    try {
      handle = openSync(path, 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw new ReplicationError('TRACKING_DAMAGED', `The bitmap ${path} could not be opened.`, {
        file: path,
        cause: error,
      });
    }
    const bitmap = readDirectory(handle, owner);
    if (bitmap?.isIntact()) return bitmap;
    closeSync(handle);
    return null;
  }

  constructor(handle: number, sizeBytes: number, count: number, directory: Buffer) {
    this.count = count;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
    this.#directory = directory;
  }

  /** The ranges of changed blocks, ascending, neighbours merged; the last may end with the disk. */
  *extents(): Generator<{ offset: number; length: number }> {
    let first = -1;
    let next = -1;
    for (const block of this.#blocks()) {
      if (block !== next && first >= 0) yield this.#extent(first, next);
      if (block !== next) first = block;
      next = block + 1;
    }
    if (first >= 0) yield this.#extent(first, next);
  }

  close(): void {
    closeSync(this.#handle);
  }

  isIntact(): boolean {
    const bytes = Buffer.alloc(segmentBytes);
    for (let segment = 0; segment * 4 < this.#directory.length; segment += 1) {
      const crc = this.#directory.readUInt32LE(segment * 4);
      if (crc !== 0 && !(this.#read(bytes, segment) && segmentCrc(bytes) === crc)) return false;
    }
    return true;
  }

  *#blocks(): Generator<number> {
    const bytes = Buffer.alloc(segmentBytes);
    for (let segment = 0; segment * 4 < this.#directory.length; segment += 1) {
      if (this.#directory.readUInt32LE(segment * 4) === 0) continue;
      this.#read(bytes, segment);
      for (let page = 0; page < segmentBytes; page += 4096) {
        if (isZero(bytes.subarray(page, page + 4096))) continue;
        for (let at = page; at < page + 4096; at += 1) {
          for (let bit = 0, byte = bytes[at]!; byte !== 0; bit += 1, byte >>>= 1) {
            if ((byte & 1) !== 0) yield segment * segmentBlocks + at * 8 + bit;
          }
        }
      }
    }
  }

  #read(bytes: Buffer, segment: number): boolean {
    const at = firstSegmentAt(this.#sizeBytes) + segment * segmentBytes;
    return readFully(this.#handle, bytes, at) === segmentBytes;
  }

  #extent(first: number, end: number): { offset: number; length: number } {
    const offset = first * trackingBlockBytes;
    return { offset, length: Math.min(end * trackingBlockBytes, this.#sizeBytes) - offset };
  }
}

const readDirectory = (handle: number, owner: SideFileOwner): BlockBitmap | null => {
  const bytes = Buffer.alloc(sideHeaderBytes + 4 * segmentCount(owner.diskSizeBytes));
  if (readFully(handle, bytes, 0) < bytes.length) return null;
  const header = decodeSideHeader(magic, bytes, owner);
  const directory = bytes.subarray(sideHeaderBytes);
  if (header === null || header.contentCrc !== crc32(directory)) return null;
  return new BlockBitmap(handle, owner.diskSizeBytes, header.count, directory);
};
