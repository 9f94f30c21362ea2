import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trackingBlockBytes } from '../../../src/main/block/tracking-block.ts';
import { alignedRanges, queueHoles } from '../../../src/main/workers/reading/aligned-ranges.ts';

const sizeBytes = 40 * trackingBlockBytes + 512;

/** Ascending, non-overlapping extents on the disk. */
const extents = fc
  .uniqueArray(fc.integer({ min: 0, max: sizeBytes }), { maxLength: 12 })
  .map((edges) => edges.sort((a, b) => a - b))
  .map((edges) => {
    const found: { offset: number; length: number }[] = [];
    for (let index = 0; index + 1 < edges.length; index += 2) {
      found.push({ offset: edges[index]!, length: edges[index + 1]! - edges[index]! });
    }
    return found;
  });

describe('aligned ranges', () => {
  it('cover the disk from the start on without a gap, block-aligned, holes only where nothing is allocated', () => {
    fc.assert(
      fc.property(extents, fc.integer({ min: 0, max: 40 }), (allocated, fromBlock) => {
        const from = fromBlock * trackingBlockBytes;
        const ranges = [...alignedRanges(allocated, sizeBytes, from)];
        let position = from;
        for (const [index, range] of ranges.entries()) {
          expect(range.offset).toBe(position);
          expect(range.length).toBeGreaterThan(0);
          expect(range.offset % trackingBlockBytes).toBe(0);
          if (index > 0) expect(range.hole).not.toBe(ranges[index - 1]!.hole);
          position += range.length;
          if (!range.hole) continue;
          for (const extent of allocated) {
            const apart =
              extent.offset + extent.length <= range.offset || extent.offset >= range.offset + range.length;
            expect(apart || extent.length === 0).toBe(true);
          }
        }
        expect(position).toBe(sizeBytes);
      }),
    );
  });

  it('queue their holes for the consumer and pass on what is to be read', () => {
    const holes: { offset: number; length: number; hole: boolean }[] = [];
    const allocated = [{ offset: 3 * trackingBlockBytes + 5, length: 10 }];
    const reads = [...queueHoles(alignedRanges(allocated, sizeBytes), holes)];
    expect(reads).toEqual([{ offset: 3 * trackingBlockBytes, length: trackingBlockBytes, hole: false }]);
    expect(holes.map(({ offset }) => offset)).toEqual([0, 4 * trackingBlockBytes]);
  });
});
