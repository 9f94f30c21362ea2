import { trackingBlockBytes } from '../../block/tracking-block.ts';
import type { Extent } from '../../disk/virtual-disk.ts';

/** A block-aligned range, and which of two disks may hold something other than zeros in it. */
export interface PairedRange extends Extent {
  readonly first: boolean;
  readonly second: boolean;
}

export type Extents = Iterable<Extent> | AsyncIterable<Extent>;

/**
 * Cuts [from, sizeBytes) into ranges by what two disks have allocated, widened to tracking blocks and without a gap.
 * `from` is block-aligned. Lazy: neither time nor memory grows with the holes.
 */
export async function* pairedRanges(
  first: Extents,
  second: Extents,
  sizeBytes: number,
  from = 0,
): AsyncGenerator<PairedRange> {
  const cursors = [new Cursor(first, sizeBytes), new Cursor(second, sizeBytes)] as const;
  let open = null as PairedRange | null;
  for (let position = from; position < sizeBytes; ) {
    for (const cursor of cursors) await cursor.skipTo(position);
    const [a, b] = cursors;
    const end = Math.min(sizeBytes, a.borderAfter(position), b.borderAfter(position));
    const next: PairedRange = {
      offset: position,
      length: end - position,
      first: a.holds(position),
      second: b.holds(position),
    };
    if (open !== null && open.first === next.first && open.second === next.second) {
      open = { ...open, length: open.length + next.length };
    } else {
      if (open !== null) yield open;
      open = next;
    }
    position = end;
  }
  if (open !== null) yield open;
}

/** The ranges to read; where the first disk has a hole they are queued for the consumer, because the reader runs ahead. */
export async function* queueSecondOnly(
  pairs: AsyncIterable<PairedRange>,
  queue: PairedRange[],
): AsyncGenerator<PairedRange> {
  for await (const pair of pairs) {
    if (pair.first) yield pair;
    else queue.push(pair);
  }
}

/** The extent of one disk at or behind a position. */
class Cursor {
  readonly #extents: Iterator<Extent> | AsyncIterator<Extent>;
  readonly #sizeBytes: number;
  #start = 0;
  #end = 0;

  constructor(extents: Extents, sizeBytes: number) {
    this.#extents =
      Symbol.asyncIterator in extents ? extents[Symbol.asyncIterator]() : extents[Symbol.iterator]();
    this.#sizeBytes = sizeBytes;
  }

  async skipTo(position: number): Promise<void> {
    while (this.#end <= position) {
      const { done, value } = await this.#extents.next();
      if (done) {
        this.#start = this.#end = Number.POSITIVE_INFINITY;
        return;
      }
      const { offset, length } = value;
      this.#start = Math.floor(offset / trackingBlockBytes) * trackingBlockBytes;
      this.#end = Math.min(
        this.#sizeBytes,
        Math.ceil((offset + length) / trackingBlockBytes) * trackingBlockBytes,
      );
    }
  }

  holds(position: number): boolean {
    return this.#start <= position;
  }

  borderAfter(position: number): number {
    return this.#start > position ? this.#start : this.#end;
  }
}
