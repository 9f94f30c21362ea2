import type { PageBlobClient } from '@azure/storage-blob';

/** How much of a blob is asked for at a time: bounds memory, whatever the disk's size. */
const windowBytes = 256 * 1024 * 1024;

/**
 * Which parts of a snapshot were ever written: the rest reads as zeros and need not be fetched. What comes back may be
 * unmerged, and its ends are inclusive.
 */
export class WrittenPages {
  #window: {
    readonly index: number;
    readonly ranges: readonly (readonly [start: number, end: number])[];
  } | null = null;

  /** Whether it is known already that [offset, offset + length) was never written. */
  lacks(offset: number, length: number): boolean {
    const index = Math.floor(offset / windowBytes);
    const window = this.#window;
    if (window?.index !== index || Math.floor((offset + length - 1) / windowBytes) !== index) return false;
    return !window.ranges.some(([start, end]) => start < offset + length && end >= offset);
  }

  /** Whether [offset, offset + length) may hold something other than zeros. */
  async touch(client: PageBlobClient, offset: number, length: number): Promise<boolean> {
    const last = Math.floor((offset + length - 1) / windowBytes);
    for (let index = Math.floor(offset / windowBytes); index <= last; index += 1) {
      if (this.#window?.index !== index) {
        this.#window = { index, ranges: await listWritten(client, index * windowBytes, windowBytes) };
      }
      if (this.#window.ranges.some(([start, end]) => start < offset + length && end >= offset)) return true;
    }
    return false;
  }
}

/** The written ranges of a blob or a snapshot within [offset, offset + length), both ends inclusive. */
export const listWritten = async (client: PageBlobClient, offset: number, length: number) => {
  const ranges: (readonly [start: number, end: number])[] = [];
  for await (const { start, end, isClear } of client.listPageRanges(offset, length)) {
    if (!isClear) ranges.push([start, end]);
  }
  return ranges;
};

/** Where the last written range within [offset, offset + length) ends; `offset` where none is. */
export const writtenEnd = async (client: PageBlobClient, offset: number, length: number): Promise<number> => {
  let end = offset;
  if (length === 0) return end;
  for await (const range of client.listPageRanges(offset, length)) {
    if (!range.isClear) end = Math.max(end, range.end + 1);
  }
  return end;
};
