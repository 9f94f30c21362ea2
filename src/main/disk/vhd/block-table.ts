import { ReplicationError } from '../../../contract/errors.ts';
import type { ByteSource } from '../byte-source.ts';

/** The entry of a block that the file does not hold. */
export const notAllocated = 0xffff_ffff;

const entriesPerPage = 16 * 1024;
const pagesKept = 16;

/**
 * The block allocation table of a VHD: for each block the sector where it starts, big-endian u32.
 * Paged: at most 1 MiB of it is in memory, whatever its size.
 */
export class BlockTable {
  readonly entryCount: number;
  readonly offset: number;
  readonly #source: ByteSource;
  /** Insertion order is age: the first key is the page that goes next. */
  readonly #pages = new Map<number, DataView>();

  /** `entryCount` counts the entries the disk's size needs; the table may have room for more, which means nothing. */
  constructor(source: ByteSource, offset: number, entryCount: number) {
    if (offset + entryCount * 4 > source.sizeBytes) {
      throw new ReplicationError(
        'DISK_TRUNCATED',
        `The VHD ${source.path} ends before its block table does.`,
        { file: source.path, offset },
      );
    }
    this.#source = source;
    this.offset = offset;
    this.entryCount = entryCount;
  }

  /** First sector of the block in the file, or `notAllocated`. */
  entry(block: number): number {
    return this.#page(Math.floor(block / entriesPerPage)).getUint32((block % entriesPerPage) * 4);
  }

  /** The first block at or after `from` that is allocated, or `end`. */
  nextAllocated(from: number, end: number): number {
    for (let block = from; block < end; ) {
      const page = this.#page(Math.floor(block / entriesPerPage));
      const pageStart = block - (block % entriesPerPage);
      const stop = Math.min(end, pageStart + entriesPerPage);
      for (; block < stop; block += 1) {
        if (page.getUint32((block - pageStart) * 4) !== notAllocated) return block;
      }
    }
    return end;
  }

  #page(index: number): DataView {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    const first = index * entriesPerPage;
    const bytes = this.#takeBuffer().subarray(0, Math.min(entriesPerPage, this.entryCount - first) * 4);
    this.#source.read(bytes, this.offset + first * 4);
    const page = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#pages.set(index, page);
    return page;
  }

  /** The oldest page's memory once there are enough: a pass over a large table leaves no garbage behind. */
  #takeBuffer(): Uint8Array {
    if (this.#pages.size < pagesKept) return new Uint8Array(Math.min(entriesPerPage, this.entryCount) * 4);
    const [oldest, page] = this.#pages.entries().next().value!;
    this.#pages.delete(oldest);
    return new Uint8Array(page.buffer);
  }
}
