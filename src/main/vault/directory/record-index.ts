import { logHeaderBytes } from '../../hrl/log-header.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import { recordBytes } from '../../hrl/log-record.ts';
import type { OverlayLayer } from './record-files.ts';

/** 19 bytes each: 40 MB. */
const defaultMostEntries = 1 << 21;
/** Coarse ranges that records are counted by, to know how much of the disk one index can hold. */
const rangeCount = 1 << 16;
/** `key = block × ordinalLimit + ordinal`: exact in a double for disks up to 64 TiB. */
const ordinalLimit = 2 ** 22;

/** Where one record of a block is. `mask` 0: the block is zeros there. */
export interface RecordPlace {
  readonly layer: number;
  readonly offset: number;
  readonly mask: number;
}

interface IndexWindow {
  readonly firstBlock: number;
  readonly endBlock: number;
  /** Ascending. */
  readonly keys: Float64Array;
  readonly offsets: Float64Array;
  readonly layers: Uint16Array;
  readonly masks: Uint8Array;
}

/**
 * Finds the records of a block in a stack of logs, those that count first at the front. Holds the index of as much of
 * the disk as fits its memory, and works out the next part when it is asked for: restore reads a disk from front to end.
 */
export class RecordIndex {
  readonly #layers: readonly OverlayLayer[];
  readonly #blockCount: number;
  readonly #rangeBlocks: number;
  readonly #counts: Uint32Array;
  readonly #mostEntries: number;
  #window: IndexWindow | null = null;

  constructor(layers: readonly OverlayLayer[], blocks: number, mostEntries = defaultMostEntries) {
    this.#layers = layers;
    this.#blockCount = blocks;
    this.#rangeBlocks = Math.max(1, Math.ceil(blocks / rangeCount));
    this.#counts = new Uint32Array(Math.ceil(blocks / this.#rangeBlocks));
    this.#mostEntries = mostEntries;
    for (const layer of layers) {
      for (const { block } of blockHeaders(layer)) {
        const range = Math.floor(block / this.#rangeBlocks);
        this.#counts[range] = this.#counts[range]! + 1;
      }
    }
  }

  /** Each block of [firstBlock, endBlock) that has records, ascending, with its records. */
  *find(firstBlock: number, endBlock: number): Generator<{ block: number; places: RecordPlace[] }> {
    for (let from = firstBlock; from < endBlock; ) {
      const window = this.#windowAt(from);
      const end = Math.min(endBlock, window.endBlock);
      const { keys, offsets, layers, masks } = window;
      let at = lowerBound(keys, from * ordinalLimit);
      while (at < keys.length && keys[at]! < end * ordinalLimit) {
        const block = Math.floor(keys[at]! / ordinalLimit);
        const places: RecordPlace[] = [];
        for (; at < keys.length && keys[at]! < (block + 1) * ordinalLimit; at += 1) {
          const ordinal = keys[at]! % ordinalLimit;
          places.push({ layer: layers[ordinal]!, offset: offsets[ordinal]!, mask: masks[ordinal]! });
        }
        yield { block, places };
      }
      from = end;
    }
  }

  #windowAt(block: number): IndexWindow {
    let window = this.#window;
    if (window !== null && block >= window.firstBlock && block < window.endBlock) return window;
    // Let go of the old one first: two would take twice the memory.
    this.#window = null;
    window = this.#load(block);
    this.#window = window;
    return window;
  }

  #load(block: number): IndexWindow {
    const first = Math.floor(block / this.#rangeBlocks);
    let end = first + 1;
    let entries = this.#counts[first]!;
    while (end < this.#counts.length && entries + this.#counts[end]! <= this.#mostEntries) {
      entries += this.#counts[end]!;
      end += 1;
    }
    const firstBlock = first * this.#rangeBlocks;
    const endBlock = Math.min(this.#blockCount, end * this.#rangeBlocks);
    const window: IndexWindow = {
      firstBlock,
      endBlock,
      keys: new Float64Array(entries),
      offsets: new Float64Array(entries),
      layers: new Uint16Array(entries),
      masks: new Uint8Array(entries),
    };
    let ordinal = 0;
    for (const [index, layer] of this.#layers.entries()) {
      const start = ordinal;
      for (const header of blockHeaders(layer)) {
        if (header.block < firstBlock || header.block >= endBlock) continue;
        window.keys[ordinal] = header.block * ordinalLimit + ordinal;
        window.offsets[ordinal] = header.offset;
        window.layers[ordinal] = index;
        window.masks[ordinal] = header.pageMask;
        ordinal += 1;
      }
      if (layer.newestFirst) reverse(window, start, ordinal);
    }
    window.keys.sort();
    return window;
  }
}

/** Turns the order of the entries [start, end) around, so that the last one gets the lowest ordinal. */
const reverse = ({ keys, offsets, layers, masks }: IndexWindow, start: number, end: number): void => {
  for (const column of [offsets, layers, masks]) column.subarray(start, end).reverse();
  keys.subarray(start, end).reverse();
  for (let ordinal = start; ordinal < end; ordinal += 1) {
    keys[ordinal] = Math.floor(keys[ordinal]! / ordinalLimit) * ordinalLimit + ordinal;
  }
};

/** The block records of a log with their place in the file. */
export function* blockHeaders(
  layer: OverlayLayer,
): Generator<{ readonly block: number; readonly pageMask: number; readonly offset: number }> {
  const reader = LogReader.open(layer.path, layer.expected);
  try {
    let offset = logHeaderBytes;
    for (const entry of reader.headers()) {
      if (entry.kind === 'block') {
        yield { block: entry.block, pageMask: entry.pageMask, offset };
        offset += recordBytes(entry.payloadBytes);
      } else {
        offset += recordBytes(0);
      }
    }
  } finally {
    reader.close();
  }
}

const lowerBound = (keys: Float64Array, key: number): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
};
