import { trackingBlockBytes } from '../../../src/main/block/tracking-block.ts';

export const crashDiskBytes = 64 * trackingBlockBytes;

/** What pass `cut` changes: the same in the process that writes and in the one that checks. */
export const passChanges = (cut: number): { block: number; mask: number; fill: number }[] =>
  Array.from({ length: 1 + ((cut * 37) % 90) }, (_, index) => ({
    block: (cut * 13 + index * 29) % 64,
    mask: index % 4 === 0 ? 0xff : (cut * 31 + index * 7) % 256,
    fill: (cut + index) % 256,
  }));
