import { isZero } from '../../block/digest.ts';
import type { Segment } from '../virtual-disk.ts';
import { type BlockGeometry, batEntryBytes, entryMib, entryState, readBatEntry } from './block-geometry.ts';
import type { PageView } from './file-pages.ts';
import { corrupt, truncated, vhdxError } from './vhdx-error.ts';
import { bitmapBlockBytes, bitmapState, mib, payloadState } from './vhdx-format.ts';

/** Where one block's bytes are. `partial`: per sector, as its bitmap says. */
export type BlockPlace =
  | { readonly source: 'file' | 'partial'; readonly fileOffset: number }
  | { readonly source: 'zero' | 'parent' };

const zeroPlace: BlockPlace = { source: 'zero' };
const parentPlace: BlockPlace = { source: 'parent' };

/** Finds the blocks of a VHDX through pages of its BAT and bitmaps; every offset is checked before it is used. */
export class BlockMap {
  readonly geometry: BlockGeometry;
  readonly path: string;
  private readonly pages: PageView;
  private readonly fileBytes: () => number;

  constructor(path: string, geometry: BlockGeometry, pages: PageView, fileBytes: () => number) {
    this.path = path;
    this.geometry = geometry;
    this.pages = pages;
    this.fileBytes = fileBytes;
  }

  entryAt(entryOffset: number): number {
    return readBatEntry(this.pages.page(entryOffset), entryOffset % this.pages.pageBytes);
  }

  /** @throws ReplicationError `DISK_CORRUPT` for a state the format does not allow here, `DISK_TRUNCATED` */
  place(block: number): BlockPlace {
    const { geometry } = this;
    const entryOffset = geometry.payloadEntryOffset(block);
    const entry = this.entryAt(entryOffset);
    switch (entryState(entry)) {
      case payloadState.notPresent:
        return geometry.isDifferencing ? parentPlace : zeroPlace;
      case payloadState.undefined:
      case payloadState.zero:
      case payloadState.unmapped:
      case payloadState.unmappedEarly:
        return zeroPlace;
      case payloadState.fullyPresent:
        return {
          source: 'file',
          fileOffset: this.fileOffset(entry, geometry.lengthOf(block), entryOffset),
        };
      case payloadState.partiallyPresent:
        if (!geometry.isDifferencing)
          throw corrupt(this.path, `Block ${block} lies partly in a parent that does not exist`, entryOffset);
        return {
          source: 'partial',
          fileOffset: this.fileOffset(entry, geometry.lengthOf(block), entryOffset),
        };
      default:
        throw corrupt(this.path, `Block ${block} has an unknown state`, entryOffset);
    }
  }

  /** File offset of the bitmap block for `block`, or null when there is none yet. */
  bitmapOffset(block: number): number | null {
    const entryOffset = this.geometry.bitmapEntryOffset(block);
    const entry = this.entryAt(entryOffset);
    return entryState(entry) === bitmapState.present
      ? this.fileOffset(entry, bitmapBlockBytes, entryOffset)
      : null;
  }

  /** The segments of [offset, offset + length), neighbours that continue each other joined. */
  *segments(offset: number, length: number): Generator<Segment> {
    const { sizeBytes } = this.geometry;
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > sizeBytes)
      throw vhdxError('INPUT_INVALID', this.path, `Bytes ${offset} + ${length} are not on the disk`);
    let open: Segment | null = null;
    for (const segment of this.pieces(offset, offset + length)) {
      const joined: Segment | null = open === null ? segment : join(open, segment);
      if (joined !== null) open = joined;
      else {
        if (open !== null) yield open;
        open = segment;
      }
    }
    if (open !== null) yield open;
  }

  private *pieces(start: number, end: number): Generator<Segment> {
    const { blockBytes } = this.geometry;
    for (let at = start; at < end; ) {
      const block = Math.floor(at / blockBytes);
      const blockStart = block * blockBytes;
      const blankEnd = this.blankUntil(block) * blockBytes;
      if (blankEnd > at) {
        const length = Math.min(end, blankEnd) - at;
        yield { source: this.geometry.isDifferencing ? 'parent' : 'zero', offset: at, length };
        at += length;
        continue;
      }
      const length = Math.min(end, blockStart + blockBytes) - at;
      const place = this.place(block);
      if (place.source === 'partial') yield* this.sectorPieces(block, place.fileOffset, at, length);
      else if (place.source === 'file')
        yield { source: 'file', offset: at, length, fileOffset: place.fileOffset + at - blockStart };
      else yield { source: place.source, offset: at, length };
      at += length;
    }
  }

  /**
   * First block after those of a page of the BAT that is all zeros, when `block` is the first of such a page; otherwise
   * `block`. So that a sparse disk of many TiB is passed in milliseconds.
   */
  private blankUntil(block: number): number {
    const { pageBytes } = this.pages;
    const at = this.geometry.payloadEntryOffset(block);
    const within = at % pageBytes;
    // A page may begin with the entry of a bitmap.
    if (within > batEntryBytes || !isZero(this.pages.page(at))) return block;
    return this.geometry.blockAtEntryOffset(at - within + pageBytes);
  }

  private *sectorPieces(
    block: number,
    fileOffset: number,
    offset: number,
    length: number,
  ): Generator<Segment> {
    const { blockBytes, sectorBytes } = this.geometry;
    const bitmap = this.bitmapOffset(block);
    if (bitmap === null) throw corrupt(this.path, `Block ${block} is partly here but has no sector bitmap`);
    const bits = bitmap + this.geometry.bitmapByteOf(block);
    const blockStart = block * blockBytes;
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const first = Math.floor((at - blockStart) / sectorBytes);
      const last = Math.ceil((end - blockStart) / sectorBytes);
      const isHere = this.bit(bits, first);
      const runEnd = Math.min(end, blockStart + this.runEnd(bits, first, last, isHere) * sectorBytes);
      yield isHere
        ? { source: 'file', offset: at, length: runEnd - at, fileOffset: fileOffset + at - blockStart }
        : { source: 'parent', offset: at, length: runEnd - at };
      at = runEnd;
    }
  }

  private bit(bits: number, sector: number): boolean {
    return (this.byte(bits + (sector >> 3)) & (1 << (sector & 7))) !== 0;
  }

  private byte(offset: number): number {
    return this.pages.page(offset)[offset % this.pages.pageBytes]!;
  }

  /** First sector from `from` on whose bit differs, at most `to`; whole bytes are passed at once. */
  private runEnd(bits: number, from: number, to: number, value: boolean): number {
    const uniform = value ? 0xff : 0;
    let sector = from;
    while (sector < to) {
      const byte = this.byte(bits + (sector >> 3));
      if ((sector & 7) === 0 && byte === uniform) {
        sector += 8;
        continue;
      }
      if (((byte & (1 << (sector & 7))) !== 0) !== value) return sector;
      sector += 1;
    }
    return Math.min(sector, to);
  }

  private fileOffset(entry: number, length: number, entryOffset: number): number {
    const offsetMib = entryMib(entry);
    if (offsetMib === 0) throw corrupt(this.path, 'A block lies over the headers', entryOffset);
    if (offsetMib * mib + length > this.fileBytes())
      throw truncated(this.path, `The file ends before or within the block at ${offsetMib} MiB`, entryOffset);
    return offsetMib * mib;
  }
}

const join = (before: Segment, after: Segment): Segment | null => {
  const length = before.length + after.length;
  if (before.source === 'file') {
    const continues = after.source === 'file' && before.fileOffset + before.length === after.fileOffset;
    return continues ? { ...before, length } : null;
  }
  return before.source === after.source ? { ...before, length } : null;
};
