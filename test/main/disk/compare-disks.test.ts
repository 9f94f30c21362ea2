import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDisks } from '../../../src/main/disk/compare-disks.ts';
import { openVirtualDisk } from '../../../src/main/disk/open-disk.ts';
import { unionExtents } from '../../../src/main/disk/union-extents.ts';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import type { VirtualDisk } from '../../../src/main/disk/virtual-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

const raw = (name: string, bytes: Uint8Array): VirtualDisk => {
  writeFileSync(inFolder(name), bytes);
  return openVirtualDisk(inFolder(name), { format: 'raw' });
};

describe('comparing two disks', () => {
  it('finds them identical across formats and does not read holes of both', async () => {
    const writer = createDynamicVhdWriter(inFolder('a.vhd'), { sizeBytes: 32 * mib });
    writer.write(Buffer.alloc(mib, 5), 9 * mib);
    await writer.close();
    const bytes = Buffer.alloc(32 * mib);
    bytes.fill(5, 9 * mib, 10 * mib);
    const a = openVirtualDisk(inFolder('a.vhd'));
    const b = raw('b.raw', bytes);
    const progress: number[] = [];
    const result = await compareDisks(a, b, { onProgress: (done) => progress.push(done) });
    expect(result).toMatchObject({ identical: true, firstDifferenceOffset: null, differingBytes: 0 });
    expect(progress.at(-1)).toBe(32 * mib);
    expect(await compareDisks(a, a)).toMatchObject({ identical: true, comparedBytes: 2 * mib });
    a.close();
    b.close();
  });

  it('names the first byte that differs and counts whole pages', async () => {
    const bytes = Buffer.alloc(3 * mib, 1);
    const changed = Buffer.from(bytes);
    changed[mib + 5000] = 2;
    changed[mib + 5001] = 2;
    changed[3 * mib - 1] = 2;
    const [a, b] = [raw('a.raw', bytes), raw('b.raw', changed)];
    expect(await compareDisks(a, b)).toMatchObject({
      identical: false,
      firstDifferenceOffset: mib + 5000,
      differingBytes: 8192,
    });
    a.close();
    b.close();
  });

  it('takes a longer disk for the same when the rest is zeros, and says that the sizes differ', async () => {
    const [a, b, c] = [
      raw('a.raw', Buffer.alloc(mib, 1)),
      raw('b.raw', Buffer.concat([Buffer.alloc(mib, 1), Buffer.alloc(mib)])),
      raw('c.raw', Buffer.concat([Buffer.alloc(mib, 1), Buffer.alloc(mib, 3)])),
    ];
    expect(await compareDisks(a, b)).toMatchObject({
      identical: true,
      sizesDiffer: true,
      sizeBytes: [mib, 2 * mib],
    });
    expect(await compareDisks(c, a)).toMatchObject({ identical: false, firstDifferenceOffset: mib });
    for (const disk of [a, b, c]) disk.close();
  });

  it('stops when it is cancelled', async () => {
    const a = raw('a.raw', Buffer.alloc(3 * mib, 1));
    const cancel = new AbortController();
    const pass = compareDisks(a, a, { signal: cancel.signal, onProgress: () => cancel.abort() });
    await expect(pass).rejects.toMatchObject({ code: 'CANCELLED' });
    a.close();
  });
});

describe('the union of two lists of extents', () => {
  const extents = fc
    .array(fc.record({ gap: fc.nat(4), length: fc.integer({ min: 1, max: 5 }) }), { maxLength: 8 })
    .map((parts) => {
      let at = 0;
      return parts.map(({ gap, length }) => {
        const offset = at + gap;
        at = offset + length;
        return { offset, length };
      });
    });

  it('covers what either covers, ascending and merged', () => {
    fc.assert(
      fc.property(extents, extents, (a, b) => {
        const expected = new Set<number>();
        for (const { offset, length } of [...a, ...b])
          for (let at = 0; at < length; at += 1) expected.add(offset + at);
        const covered: number[] = [];
        let before = -1;
        for (const { offset, length } of unionExtents(a, b)) {
          expect(offset).toBeGreaterThan(before);
          before = offset + length;
          for (let at = 0; at < length; at += 1) covered.push(offset + at);
        }
        expect(covered).toEqual([...expected].sort((x, y) => x - y));
      }),
    );
  });
});
