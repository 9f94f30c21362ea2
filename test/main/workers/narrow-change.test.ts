import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/main/block/digest.ts';
import { pageBytes, pageRanges, trackingBlockBytes } from '../../../src/main/block/tracking-block.ts';
import { narrowChange } from '../../../src/main/workers/tracking/narrow-change.ts';

describe('narrowing a changed block', () => {
  it('keeps exactly the pages that differ, and applying them to the previous content gives the new one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(trackingBlockBytes, 5 * pageBytes + 512, 512),
        fc.array(fc.nat({ max: trackingBlockBytes - 1 }), { maxLength: 5 }),
        (length, touched) => {
          const previous = Buffer.alloc(length, 7);
          const data = Buffer.from(previous);
          for (const at of touched) data[at % length]! += 1;
          const change = narrowChange(3, data, digestOf(data), previous);
          const applied = Buffer.from(previous);
          let taken = 0;
          for (const range of pageRanges(change.pageMask, length)) {
            change.data.subarray(taken, taken + range.length).forEach((byte, index) => {
              applied[range.offset + index] = byte;
            });
            taken += range.length;
          }
          expect(taken).toBe(change.data.length);
          expect(applied.equals(data)).toBe(true);
          if (touched.length > 0) {
            const pages = new Set(touched.map((at) => Math.floor((at % length) / pageBytes)));
            expect(change.data.length).toBeLessThanOrEqual(pages.size * pageBytes);
          }
        },
      ),
    );
  });

  it('keeps the whole block where the previous content is not at hand', () => {
    const data = Buffer.alloc(trackingBlockBytes, 1);
    expect(narrowChange(0, data, digestOf(data), null)).toMatchObject({ pageMask: 0xff, data });
  });
});
