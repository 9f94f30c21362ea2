import { digestBytes } from '../../block/digest.ts';
import {
  blockCount,
  blockLength,
  fullPageMask,
  pageBytes,
  pageRanges,
  trackingBlockBytes,
} from '../../block/tracking-block.ts';
import { type OverlayLayer, RecordFiles } from './record-files.ts';
import { RecordIndex, type RecordPlace } from './record-index.ts';

/**
 * What a stack of logs lays over a replica. For each page the first log of the stack that has it counts: of the
 * before-images newer than a point the oldest, which is what the page was at that point.
 */
export class BlockOverlay {
  readonly #sizeBytes: number;
  readonly #index: RecordIndex;
  readonly #files: RecordFiles;

  /** `mostEntries` bounds the records that are indexed at a time. */
  constructor(layers: readonly OverlayLayer[], sizeBytes: number, mostEntries?: number) {
    this.#sizeBytes = sizeBytes;
    this.#index = new RecordIndex(layers, blockCount(sizeBytes), mostEntries);
    this.#files = new RecordFiles(layers);
  }

  /** Replaces in `target`, the replica's bytes from `offset` on, what the logs hold for them. */
  apply(target: Uint8Array, offset: number): void {
    const firstBlock = Math.floor(offset / trackingBlockBytes);
    const endBlock = Math.ceil((offset + target.length) / trackingBlockBytes);
    for (const { block, places } of this.#index.find(firstBlock, endBlock)) {
      this.#applyBlock(block, places, target, offset);
    }
  }

  /** Replaces in `target`, the digests of the replica's blocks from `firstBlock` on, those that the logs hold. */
  applyDigests(target: Uint8Array, firstBlock: number): void {
    const endBlock = firstBlock + target.length / digestBytes;
    for (const { block, places } of this.#index.find(firstBlock, endBlock)) {
      const { layer, offset } = places[0]!;
      this.#files.digest(layer, offset, block, target, (block - firstBlock) * digestBytes);
    }
  }

  /** The blocks of [firstBlock, endBlock) that the logs hold something for, ascending. */
  *blocks(firstBlock: number, endBlock: number): Generator<number> {
    for (const { block } of this.#index.find(firstBlock, endBlock)) yield block;
  }

  close(): void {
    this.#files.close();
  }

  #applyBlock(block: number, places: readonly RecordPlace[], target: Uint8Array, targetOffset: number): void {
    const length = blockLength(this.#sizeBytes, block);
    const allPages = fullPageMask(length);
    const start = block * trackingBlockBytes - targetOffset;
    let remaining = allPages;
    for (const { layer, offset, mask } of places) {
      const taken = (mask === 0 ? allPages : mask) & remaining;
      if (taken === 0) continue;
      remaining &= ~taken;
      const data = mask === 0 ? null : this.#files.payload(layer, offset, block);
      for (const range of pageRanges(taken, length)) {
        // Clipped to the target, which may begin or end within the block.
        const from = Math.max(0, start + range.offset);
        const to = Math.min(target.length, start + range.offset + range.length);
        if (from >= to) continue;
        if (data === null) {
          target.fill(0, from, to);
          continue;
        }
        for (let at = from; at < to; ) {
          const inBlock = at - start;
          const page = Math.floor(inBlock / pageBytes);
          const count = Math.min((page + 1) * pageBytes - inBlock, to - at);
          const source = pageStart(mask, page) + (inBlock % pageBytes);
          target.set(data.subarray(source, source + count), at);
          at += count;
        }
      }
    }
  }
}

/** Where `page` starts in the data of a record with `mask`: only a block's last page may be short. */
const pageStart = (mask: number, page: number): number => {
  let before = 0;
  for (let bits = mask & ((1 << page) - 1); bits !== 0; bits &= bits - 1) before += 1;
  return before * pageBytes;
};
