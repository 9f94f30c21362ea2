import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

const pageBytes = 4096;
const wordBytes = 4;
const mostAlike = 4;

/**
 * A file that is mutated in place and put back: what changed is written again, instead of the whole file each round.
 * Keeps the content in memory as well, so that mutations can be chosen by what is there.
 */
export class FuzzImage {
  readonly path: string;
  readonly #pristine: Buffer;
  readonly #handle: number;
  readonly #places: Places;
  #current: Buffer;
  #dirty: { offset: number; length: number }[] = [];
  #smallestSize: number;

  constructor(path: string) {
    this.path = path;
    this.#pristine = readFileSync(path);
    this.#current = Buffer.from(this.#pristine);
    this.#smallestSize = this.#pristine.length;
    this.#handle = openSync(path, 'r+');
    this.#places = findPlaces(this.#pristine);
  }

  get sizeBytes(): number {
    return this.#current.length;
  }

  /** The file as mutated so far; not to be written to. */
  get bytes(): Buffer {
    return this.#current;
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
    ftruncateSync(this.#handle, sizeBytes);
    this.#smallestSize = Math.min(this.#smallestSize, sizeBytes);
    const before = this.#current;
    this.#current = Buffer.alloc(sizeBytes);
    before.copy(this.#current, 0, 0, Math.min(before.length, sizeBytes));
  }

  restore(): void {
    const size = this.#pristine.length;
    if (this.#current.length !== size || this.#smallestSize < size) {
      ftruncateSync(this.#handle, Math.min(this.#smallestSize, size));
      ftruncateSync(this.#handle, size);
      for (const page of this.#places.pages) {
        if (page + pageBytes > this.#smallestSize) this.#dirty.push({ offset: page, length: pageBytes });
      }
      this.#current = Buffer.from(this.#pristine);
    }
    for (const { offset, length } of this.#dirty) {
      const part = this.#pristine.subarray(offset, Math.min(size, offset + length));
      if (part.length === 0) continue;
      writeFully(this.#handle, part, offset);
      this.#current.set(part, offset);
    }
    this.#dirty = [];
    this.#smallestSize = size;
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
