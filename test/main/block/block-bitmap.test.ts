import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockBitmap, BlockBitmapWriter } from '../../../src/main/block/block-bitmap.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const tebibyte = 1024 ** 4;
const owner = {
  diskId: '11111111-2222-4333-8444-555555555555',
  lineage: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  diskSizeBytes: 300 * 1024 ** 3 + 512,
  cut: 7,
};

const blockBytes = 32 * 1024;

const write = (path: string, blocks: readonly number[], of = owner): number => {
  const writer = new BlockBitmapWriter(path, of);
  for (const block of blocks) writer.add(block);
  const { count } = writer;
  writer.finish();
  return count;
};

const read = (path: string, of = owner): { count: number; blocks: number[] } | null => {
  const bitmap = BlockBitmap.open(path, of);
  if (bitmap === null) return null;
  try {
    const blocks: number[] = [];
    for (const { offset, length } of bitmap.extents()) {
      for (let at = offset; at < offset + length; at += blockBytes) blocks.push(at / blockBytes);
    }
    return { count: bitmap.count, blocks };
  } finally {
    bitmap.close();
  }
};

describe('a bitmap of changed blocks', () => {
  it('gives back the very blocks that were added, in whatever order and number of windows', () => {
    const path = inFolder('disk.digests.bitmap');
    const lastBlock = Math.ceil(owner.diskSizeBytes / blockBytes) - 1;
    const block = fc.oneof(
      fc.integer({ min: 0, max: lastBlock }),
      fc.integer({ min: 0, max: 200 }),
      fc.constantFrom(0, lastBlock, 2 ** 19 - 1, 2 ** 19),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 200 }), (blocks) => {
        const sorted = [...new Set(blocks)].sort((a, b) => a - b);
        expect(write(path, blocks)).toBe(sorted.length);
        expect(read(path)).toEqual({ count: sorted.length, blocks: sorted });
      }),
      { numRuns: 60 },
    );
  });

  it('merges neighbours into one range and ends the last range with the disk', () => {
    const path = inFolder('disk.digests.bitmap');
    const lastBlock = Math.ceil(owner.diskSizeBytes / blockBytes) - 1;
    write(path, [5, 3, 4, lastBlock]);
    const bitmap = BlockBitmap.open(path, owner);
    expect([...(bitmap?.extents() ?? [])]).toEqual([
      { offset: 3 * blockBytes, length: 3 * blockBytes },
      { offset: lastBlock * blockBytes, length: 512 },
    ]);
    bitmap?.close();
  });

  it('takes only the space of the parts that have bits, on a disk of 64 TiB too', () => {
    const path = inFolder('disk.digests.bitmap');
    const of = { ...owner, diskSizeBytes: 64 * tebibyte };
    const blocks = [0, 2 ** 30, 2 ** 31 - 1];
    write(path, blocks, of);
    expect(read(path, of)).toEqual({ count: 3, blocks });
    if (process.platform !== 'win32') expect(statSync(path).blocks * 512).toBeLessThan(512 * 1024);
  });

  it('counts for nothing about another disk, lineage, size or cut, when it is missing, and after any damage', () => {
    const path = inFolder('disk.digests.bitmap');
    expect(read(path)).toBeNull();
    const small = { ...owner, diskSizeBytes: 64 * 1024 * 1024 };
    write(path, [1, 2, 900], small);
    expect(read(path, small)?.count).toBe(3);
    const id = '99999999-8888-4777-8666-555555555555';
    for (const change of [{ diskId: id }, { lineage: id }, { diskSizeBytes: 65536 }, { cut: 8 }]) {
      expect(read(path, { ...small, ...change })).toBeNull();
    }
    const good = readFileSync(path);
    // Between the directory and the first segment lie zeros that mean nothing.
    const used = fc.oneof(fc.integer({ min: 0, max: 83 }), fc.integer({ min: 4096, max: good.length - 1 }));
    fc.assert(
      fc.property(used, fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Buffer.from(good);
        bad[at] = bad[at]! ^ flip;
        writeFileSync(path, bad);
        expect(read(path, small)).toBeNull();
      }),
      { numRuns: 100 },
    );
    writeFileSync(path, good.subarray(0, good.length - 1));
    expect(read(path, small)).toBeNull();
  });

  it('leaves an earlier bitmap alone until it is finished, and no trace when it is abandoned', () => {
    const path = inFolder('disk.digests.bitmap');
    write(path, [1]);
    const writer = new BlockBitmapWriter(path, owner);
    for (let segment = 0; segment < 18; segment += 1) writer.add(segment * 2 ** 19);
    expect(existsSync(`${path}.tmp`)).toBe(true);
    writer.abandon();
    expect(readdirSync(inFolder())).toEqual(['disk.digests.bitmap']);
    expect(read(path)).toEqual({ count: 1, blocks: [1] });
  });

  it('refuses blocks that the disk does not have', () => {
    const writer = new BlockBitmapWriter(inFolder('b'), { ...owner, diskSizeBytes: 65536 });
    for (const block of [-1, 2, 0.5]) {
      expect(() => writer.add(block)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }));
    }
  });

  it.skipIf(!existsSync('/dev/full'))('says low space when its own volume is full', () => {
    const path = inFolder('disk.digests.bitmap');
    symlinkSync('/dev/full', `${path}.tmp`);
    expect(() => write(path, [1])).toThrowError(
      expect.objectContaining({ code: 'VOLUME_LOW_SPACE', file: path }),
    );
  });
});
