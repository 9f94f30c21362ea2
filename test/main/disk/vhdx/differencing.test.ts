import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../../src/main/disk/file-source.ts';
import { openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import { openVhdxLayer } from '../../../../src/main/disk/vhdx/vhdx-layer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { contentOf } from '../../../support/layer-content.ts';
import { libvhdiToRaw, oracleMissing } from '../../../support/oracles.ts';
import { randomBelow, randomFrom } from '../../../support/random.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const sector = 512;
const sizeBytes = 11 * mib + 5 * sector;
const temporary = useTemporaryFolder();

const linkageOf = (path: string): string => {
  const layer = openVhdxLayer(new FileSource(path));
  try {
    return layer.linkage;
  } finally {
    layer.close();
  }
};

/** A parent and two children, each changed at random several times; returns the chain, tip first, and what it holds. */
const makeChain = async (seed: number, canZeroBlocks = true): Promise<{ paths: string[]; model: Buffer }> => {
  const random = randomFrom(seed);
  const model = Buffer.alloc(sizeBytes);
  const paths: string[] = [];
  for (const name of ['root', 'child', 'tip']) {
    const path = temporary(`${name}-${seed}.vhdx`);
    const [parentPath] = paths;
    const parent =
      parentPath === undefined
        ? {}
        : {
            parent: {
              linkage: linkageOf(parentPath),
              relativePath: `./${parentPath.split(/[\\/]/).at(-1)}`,
              absolutePath: parentPath,
            },
          };
    await createVhdxWriter(path, { sizeBytes, blockBytes: mib, ...parent }).close();
    for (let session = 0; session < 2; session += 1) {
      const writer = openVhdxWriter(path);
      for (let index = 0; index < 12; index += 1) {
        const at = randomBelow(random, sizeBytes / sector) * sector;
        const length = Math.min(
          sizeBytes - at,
          (1 + randomBelow(random, index % 3 === 0 ? 5000 : 60)) * sector,
        );
        const isPartOfBlock = Math.floor(at / mib) === Math.floor((at + length) / mib);
        if (random() < 0.3 && (canZeroBlocks || isPartOfBlock)) {
          model.fill(0, at, at + length);
          writer.zero(at, length);
        } else {
          model.fill(1 + randomBelow(random, 255), at, at + length);
          writer.write(model.subarray(at, at + length), at);
        }
        if (random() < 0.3) await writer.flush();
      }
      await writer.close();
    }
    paths.unshift(path);
  }
  return { paths, model };
};

describe('a chain of differencing VHDX', () => {
  it('reads as what was written into it, and is found by its locators', async () => {
    for (const seed of [1, 2, 3]) {
      const { paths, model } = await makeChain(seed);
      expect(contentOf(paths).equals(model)).toBe(true);
      const disk = openVirtualDisk(paths[0]!);
      expect(disk.files).toEqual(paths);
      const found = Buffer.alloc(sizeBytes);
      disk.read(found, 0);
      disk.close();
      expect(found.equals(model)).toBe(true);
    }
  });

  it.skipIf(oracleMissing('libvhdi'))('reads the same in libvhdi', async () => {
    for (const seed of [4, 5, 6]) {
      // libvhdi asks the parent for blocks in the state *zero*, where [MS-VHDX] 2.5.1.1 has nothing but zeros.
      const { paths, model } = await makeChain(seed, false);
      const raw = temporary(`${seed}.raw`);
      const tip = libvhdiToRaw(paths, raw);
      expect(tip.sizeBytes).toBe(sizeBytes);
      expect(readFileSync(raw).equals(model)).toBe(true);
    }
  });

  it('names its parent by the data write id and by both paths', async () => {
    const { paths } = await makeChain(7);
    const layer = openVhdxLayer(new FileSource(paths[0]!));
    expect(layer.kind).toBe('differencing');
    expect(layer.parent).toEqual({ linkages: [linkageOf(paths[1]!)], paths: ['.\\child-7.vhdx', paths[1]] });
    layer.close();
  });

  it('hides the parent behind zeros of part of a block', async () => {
    const root = temporary('root.vhdx');
    const tip = temporary('tip.vhdx');
    const writer = createVhdxWriter(root, { sizeBytes: 4 * mib, blockBytes: 2 * mib });
    writer.write(Buffer.alloc(4 * mib, 0xaa), 0);
    const { linkage } = writer;
    await writer.close();
    const child = createVhdxWriter(tip, {
      sizeBytes: 4 * mib,
      blockBytes: 2 * mib,
      parent: { linkage, relativePath: './root.vhdx', absolutePath: root },
    });
    child.zero(sector, sector);
    child.zero(2 * mib, 2 * mib);
    expect(child.allocatedBytes).toBe(2 * mib + mib);
    await child.close();
    const expected = Buffer.alloc(4 * mib);
    expected.fill(0xaa, 0, sector);
    expected.fill(0xaa, 2 * sector, 2 * mib);
    expect(contentOf([tip, root]).equals(expected)).toBe(true);
  });
});
