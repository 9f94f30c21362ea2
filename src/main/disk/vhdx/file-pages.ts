import type { ByteSource } from '../byte-source.ts';

/** Where BAT and sector bitmaps are read from, one aligned page at a time. */
export interface PageView {
  readonly pageBytes: number;
  /** The page that holds the file's byte `offset`; not to be kept or changed. */
  page(offset: number): Buffer;
}

/** The most recently used pages of a file, so that a BAT of half a GiB never lies in memory as a whole. */
export class FilePages implements PageView {
  readonly pageBytes: number;
  private readonly source: Pick<ByteSource, 'sizeBytes' | 'read'>;
  private readonly maxPages: number;
  /** In order of use, the oldest first. */
  private readonly pages = new Map<number, Buffer>();
  private lastStart = -1;
  private last: Buffer = Buffer.alloc(0);

  constructor(source: Pick<ByteSource, 'sizeBytes' | 'read'>, pageBytes: number, maxPages: number) {
    this.source = source;
    this.pageBytes = pageBytes;
    this.maxPages = maxPages;
  }

  page(offset: number): Buffer {
    const start = offset - (offset % this.pageBytes);
    if (start === this.lastStart) return this.last;
    const page = this.pages.get(start) ?? this.load(start);
    this.put(start, page);
    return page;
  }

  /** Replaces the page that starts at `start` after the file was written there. */
  put(start: number, page: Buffer): void {
    this.pages.delete(start);
    this.pages.set(start, page);
    this.lastStart = start;
    this.last = page;
    if (this.pages.size <= this.maxPages) return;
    for (const oldest of this.pages.keys()) {
      this.pages.delete(oldest);
      break;
    }
  }

  private load(start: number): Buffer {
    const page = Buffer.alloc(this.pageBytes);
    const stored = Math.min(this.pageBytes, this.source.sizeBytes - start);
    if (stored > 0) this.source.read(page.subarray(0, stored), start);
    return page;
  }
}
