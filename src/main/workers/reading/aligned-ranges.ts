import { trackingBlockBytes } from '../../block/tracking-block.ts';
import type { Extent } from '../../disk/virtual-disk.ts';

/** A block-aligned range: one that may hold data and must be read, or a hole, which is all zeros. */
export interface AlignedRange extends Extent {
  readonly hole: boolean;
}

/**
 * Widens a disk's allocated extents to tracking blocks, merges what then touches, and names the holes between, so that
 * the ranges cover the disk without a gap from `from` (block-aligned) on. Lazy.
 */
export function* alignedRanges(
  extents: Iterable<Extent>,
  sizeBytes: number,
  from = 0,
): Generator<AlignedRange> {
  let position = from;
  let current: { start: number; end: number } | null = null;
  for (const extent of extents) {
    const start = Math.max(from, Math.floor(extent.offset / trackingBlockBytes) * trackingBlockBytes);
    const end = Math.min(
      sizeBytes,
      Math.ceil((extent.offset + extent.length) / trackingBlockBytes) * trackingBlockBytes,
    );
    if (end <= position && current === null) continue;
    if (current !== null && start <= current.end) {
      current.end = Math.max(current.end, end);
      continue;
    }
    if (current !== null) {
      yield { offset: current.start, length: current.end - current.start, hole: false };
      position = current.end;
    }
    if (start > position) yield { offset: position, length: start - position, hole: true };
    current = { start, end };
  }
  if (current !== null) {
    yield { offset: current.start, length: current.end - current.start, hole: false };
    position = current.end;
  }
  if (position < sizeBytes) yield { offset: position, length: sizeBytes - position, hole: true };
}

/** The ranges to read; holes met on the way are queued for the consumer, because the reader runs ahead of it. */
export function* queueHoles(ranges: Iterable<AlignedRange>, holes: AlignedRange[]): Generator<AlignedRange> {
  for (const range of ranges) {
    if (range.hole) holes.push(range);
    else yield range;
  }
}
