import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullPageMask, pageBytes, trackingBlockBytes } from '../../../../src/main/block/tracking-block.ts';
import { mostWriteBytes } from '../../../../src/main/vault/azure/page-limits.ts';
import { planPageRequests } from '../../../../src/main/vault/azure/page-plan.ts';
import { alterBlock, blockOf, changeOf, patternedDisk } from '../../../support/vault-model.ts';

const sizeBytes = 40 * trackingBlockBytes + 3 * pageBytes + 512;

describe('the requests of a delta', () => {
  it('make any sequence of changes true, in whole sectors, without touching another page', () => {
    const change = fc.record({
      block: fc.integer({ min: 0, max: 40 }),
      mask: fc.oneof(fc.constant(0), fc.constant(0xff), fc.integer({ min: 1, max: 0xff })),
      seed: fc.integer({ min: 2, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (steps) => {
        const old = patternedDisk(sizeBytes, 1);
        const wanted = old.slice();
        const changes = steps.map(({ block, mask, seed }) => {
          alterBlock(wanted, block, mask, seed);
          const content = blockOf(wanted, block);
          const sent = mask === 0 ? 0 : mask & fullPageMask(content.length);
          return sent === 0 && mask !== 0
            ? changeOf(wanted, block)
            : changeOf(wanted, block, sent === 0 ? 0xff : sent);
        });
        const found = old.slice();
        let end = 0;
        for (const request of planPageRequests(changes, sizeBytes)) {
          expect(request.offset).toBeGreaterThanOrEqual(end);
          expect(request.offset % 512).toBe(0);
          expect(request.length % 512).toBe(0);
          end = request.offset + request.length;
          if (request.kind === 'clear') found.fill(0, request.offset, end);
          else {
            expect(request.length).toBeLessThanOrEqual(mostWriteBytes);
            found.set(Buffer.concat(request.parts), request.offset);
          }
        }
        expect(Buffer.from(found).equals(wanted)).toBe(true);
      }),
    );
  });

  it('are one for neighbouring blocks, up to 4 MiB, in whatever order they come', () => {
    const bytes = new Uint8Array(300 * trackingBlockBytes).fill(1);
    const blocks = Array.from({ length: 200 }, (_, index) => (index * 37) % 200);
    const requests = planPageRequests(
      blocks.map((block) => changeOf(bytes, block)),
      bytes.length,
    );
    expect(requests.map(({ kind, offset, length }) => ({ kind, offset, length }))).toEqual([
      { kind: 'write', offset: 0, length: mostWriteBytes },
      { kind: 'write', offset: mostWriteBytes, length: 200 * trackingBlockBytes - mostWriteBytes },
    ]);
  });

  it('are one for any number of neighbouring blocks that became zeros', () => {
    const bytes = new Uint8Array(4000 * trackingBlockBytes);
    const changes = Array.from({ length: 4000 }, (_, block) => changeOf(bytes, block));
    expect(planPageRequests(changes, bytes.length)).toEqual([
      { kind: 'clear', offset: 0, length: bytes.length },
    ]);
  });

  it('send nothing for what lies between changes', () => {
    const bytes = new Uint8Array(64 * trackingBlockBytes).fill(1);
    const changes = [0, 8, 16].map((block) => changeOf(bytes, block));
    const sent = planPageRequests(changes, bytes.length).reduce((sum, { length }) => sum + length, 0);
    expect(sent).toBe(3 * trackingBlockBytes);
  });
});
