import { writevSync } from 'node:fs';
import { readFully, writeFully } from '../platform/positional-io.ts';

const pageBytes = 4096;
const mostPages = 256;

/**
 * Write-combining cache over the data area of a digest table: scattered 16-byte updates gather in pages and leave
 * sorted, neighbouring pages by one system call. It holds what is not written yet and nothing else; 1 MiB at most.
 * Offsets count from the start of the data area. Errors are those of `node:fs`.
 */
export class DigestPages {
  readonly #handle: number;
  readonly #base: number;
  readonly #sizeBytes: number;
  /** Pages not written yet: page number → place in the slab. */
  readonly #dirty = new Map<number, number>();
  #slab: Buffer | null = null;

  constructor(handle: number, base: number, sizeBytes: number) {
    this.#handle = handle;
    this.#base = base;
    this.#sizeBytes = sizeBytes;
  }

  /** Fills `target`, which must lie within the data area. */
  read(target: Uint8Array, offset: number): void {
    if (readFully(this.#handle, target, this.#base + offset) < target.length) {
      throw new Error('the file became shorter');
    }
    if (this.#dirty.size === 0) return;
    for (const { page, at, inPage, length } of pieces(offset, target.length)) {
      const place = this.#dirty.get(page);
      if (place !== undefined) target.set(this.#page(place).subarray(inPage, inPage + length), at);
    }
  }

  write(bytes: Uint8Array, offset: number): void {
    for (const { page, at, inPage, length } of pieces(offset, bytes.length)) {
      const place = this.#dirty.get(page) ?? this.#admit(page, length);
      this.#page(place).set(bytes.subarray(at, at + length), inPage);
    }
  }

  /** Hands every gathered page to the system. After an error all of them are kept. */
  writeBack(): void {
    const numbers = [...this.#dirty.keys()].sort((a, b) => a - b);
    for (let first = 0; first < numbers.length; ) {
      let end = first + 1;
      while (numbers[end] === numbers[end - 1]! + 1) end += 1;
      this.#writeRun(numbers.slice(first, end));
      first = end;
    }
    this.#dirty.clear();
  }

  #writeRun(numbers: readonly number[]): void {
    const parts = numbers.map((page) => this.#page(this.#dirty.get(page)!).subarray(0, this.#lengthOf(page)));
    const position = this.#base + numbers[0]! * pageBytes;
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    // A volume that is nearly full takes less than it is given; going on from there finds out why.
    const written = writevSync(this.#handle, parts, position);
    if (written < total) writeFully(this.#handle, Buffer.concat(parts).subarray(written), position + written);
  }

  /** Makes room for `page` and loads it, unless the write that asks for it replaces it wholly. */
  #admit(page: number, replacedBytes: number): number {
    if (this.#dirty.size >= mostPages) this.writeBack();
    const place = this.#dirty.size;
    const length = this.#lengthOf(page);
    if (replacedBytes < length) {
      const found = readFully(
        this.#handle,
        this.#page(place).subarray(0, length),
        this.#base + page * pageBytes,
      );
      if (found < length) throw new Error('the file became shorter');
    }
    this.#dirty.set(page, place);
    return place;
  }

  #lengthOf(page: number): number {
    return Math.min(pageBytes, this.#sizeBytes - page * pageBytes);
  }

  #page(place: number): Buffer {
    this.#slab ??= Buffer.allocUnsafeSlow(mostPages * pageBytes);
    return this.#slab.subarray(place * pageBytes, (place + 1) * pageBytes);
  }
}

/** Splits a range at page borders; `at` counts from its start. */
function* pieces(
  offset: number,
  length: number,
): Generator<{ page: number; at: number; inPage: number; length: number }> {
  for (let at = 0; at < length; ) {
    const inPage = (offset + at) % pageBytes;
    const piece = Math.min(pageBytes - inPage, length - at);
    yield { page: Math.floor((offset + at) / pageBytes), at, inPage, length: piece };
    at += piece;
  }
}
