import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

const pageBytes = 4096;
const wordBytes = 4;
const mostAlike = 4;
/** Longer than four mutations can make a file. */
const mostGrowthBytes = 512 * 1024;

/**
 * A file that is mutated in place and put back: what changed is written again, instead of the whole file each round.
 * Keeps the content in memory as well, so that mutations can be chosen by what is there.
 */
export class FuzzImage {
  readonly path: string;
  readonly #pristine: Buffer;
  readonly #handle: number;
  readonly #places: Places;
  /** The file as it is now in its first `#size` bytes, zeros behind. */
  readonly #current: Buffer;
  #size: number;
  #dirty: { offset: number; length: number }[] = [];
  #smallestSize: number;

  constructor(path: string) {
    this.path = path;
    this.#pristine = readFileSync(path);
    this.#size = this.#pristine.length;
    this.#current = Buffer.alloc(this.#size + mostGrowthBytes);
    this.#pristine.copy(this.#current);
    this.#smallestSize = this.#pristine.length;
    this.#handle = openSync(path, 'r+');
    this.#places = findPlaces(this.#pristine);
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** The file as mutated so far; not to be written to. */
  get bytes(): Buffer {
    return this.#current.subarray(0, this.#size);
  }

  /** A place where a structure lies, not just filling. */
  structuredOffset(random: () => number): number {
    const { words } = this.#places;
    const word = words[Math.floor(random() * words.length)] ?? 0;
    return Math.min(word, Math.max(0, this.sizeBytes - 1));
  }

  /** Writes what fits before the end of the file. */
  write(bytes: Uint8Array, offset: number): void {
    const part = bytes.subarray(0, Math.max(0, Math.min(bytes.length, this.sizeBytes - offset)));
    if (part.length === 0) return;
    writeFully(this.#handle, part, offset);
    this.#current.set(part, offset);
    this.#dirty.push({ offset, length: part.length });
  }

  resize(sizeBytes: number): void {
    const size = Math.min(sizeBytes, this.#current.length);
    ftruncateSync(this.#handle, size);
    if (size < this.#size) this.#current.fill(0, size, this.#size);
    this.#size = size;
    this.#smallestSize = Math.min(this.#smallestSize, size);
  }

  restore(): void {
    const pristineSize = this.#pristine.length;
    if (this.#size !== pristineSize || this.#smallestSize < pristineSize) {
      this.resize(Math.min(this.#smallestSize, pristineSize));
      this.resize(pristineSize);
      for (const page of this.#places.pages) {
        if (page + pageBytes > this.#smallestSize) this.#dirty.push({ offset: page, length: pageBytes });
      }
    }
    for (const { offset, length } of this.#dirty) {
      const part = this.#pristine.subarray(offset, Math.min(pristineSize, offset + length));
      if (part.length === 0) continue;
      writeFully(this.#handle, part, offset);
      this.#current.set(part, offset);
    }
    this.#dirty = [];
    this.#smallestSize = pristineSize;
  }

  close(): void {
    closeSync(this.#handle);
  }
}

interface Places {
  /** Offsets of pages that hold something; the rest of the file is holes. */
  readonly pages: readonly number[];
  /** Offsets of 4-byte words that hold something, few of each value in a page: a block full of data counts little. */
  readonly words: readonly number[];
}

const findPlaces = (bytes: Buffer): Places => {
  const pages: number[] = [];
  const words: number[] = [];
  for (let page = 0; page < bytes.length; page += pageBytes) {
    const end = Math.min(bytes.length, page + pageBytes);
    const seen = new Map<string, number>();
    for (let at = page; at < end; at += wordBytes) {
      const word = bytes.toString('hex', at, Math.min(end, at + wordBytes));
      if (/^0*$/.test(word)) continue;
      const count = (seen.get(word) ?? 0) + 1;
      seen.set(word, count);
      if (count <= mostAlike) words.push(at);
    }
    if (seen.size > 0) pages.push(page);
  }
  return { pages, words };
};

const writeFully = (handle: number, bytes: Uint8Array, offset: number): void => {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(handle, bytes, done, bytes.length - done, offset + done);
  }
};
