import type { ErrorReport } from '../../../contract/errors.ts';
import { digestBytes } from '../../block/digest.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';

/**
 * Layout of the memory that a reader and its lanes share: `slots` times a chunk of data, then as many digest areas, then
 * as many areas of expected digests. Only slot numbers cross the threads.
 *
 * ```
 * | data 0 | data 1 | … | digests 0 | digests 1 | … | expected 0 | expected 1 | … |
 *   1 MiB                 512 B                       512 B
 * ```
 */
export const chunkBytes = 1024 * 1024;
export const blocksPerChunk = chunkBytes / trackingBlockBytes;
export const digestAreaBytes = blocksPerChunk * digestBytes;

export const sharedBytes = (slots: number): number => slots * (chunkBytes + 2 * digestAreaBytes);

/** The three areas of a slot. */
export const slotViews = (shared: SharedArrayBuffer, slots: number, slot: number) => ({
  data: Buffer.from(shared, slot * chunkBytes, chunkBytes),
  digests: Buffer.from(shared, slots * chunkBytes + slot * digestAreaBytes, digestAreaBytes),
  expected: Buffer.from(
    shared,
    slots * (chunkBytes + digestAreaBytes) + slot * digestAreaBytes,
    digestAreaBytes,
  ),
});

export type ToLane =
  | {
      readonly type: 'open';
      readonly shared: SharedArrayBuffer;
      readonly slots: number;
      readonly path: string;
      /** A disk of the same size to compare with, byte by byte; null for none. */
      readonly against: string | null;
    }
  | {
      readonly type: 'read';
      readonly slot: number;
      readonly offset: number;
      readonly length: number;
      /** Compare with the slot's expected digests; otherwise every block counts as changed. */
      readonly compare: boolean;
    }
  | { readonly type: 'close' };

export type FromLane =
  /** Bit i of `changed`: block i of the chunk differs from what was expected. Null: the other disk could not be read. */
  | { readonly type: 'read'; readonly slot: number; readonly changed: number | null }
  | { readonly type: 'failed'; readonly slot: number; readonly error: ErrorReport };
