import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../../src/main/disk/file-source.ts';
import { mergeSegments } from '../../../../src/main/disk/segments.ts';
import { openVhdxLayer } from '../../../../src/main/disk/vhdx/vhdx-layer.ts';
import { createVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { contentOf } from '../../../support/layer-content.ts';
import { oracleMissing, qemuImg, qemuIo, qemuToRaw } from '../../../support/oracles.ts';
import { randomBelow, randomFrom } from '../../../support/random.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const temporary = useTemporaryFolder();

/** A raw disk with data in places, and holes between them. */
const rawDisk = (sizeBytes: number, seed: number): Buffer => {
  const random = randomFrom(seed);
  const disk = Buffer.alloc(sizeBytes);
  for (let index = 0; index < 30; index += 1) {
    const at = randomBelow(random, sizeBytes);
    disk.fill(1 + randomBelow(random, 255), at, Math.min(sizeBytes, at + randomBelow(random, 300_000)));
  }
  return disk;
};

describe.skipIf(oracleMissing('qemu-img', 'qemu-io'))('a VHDX made by QEMU', () => {
  for (const subformat of ['dynamic', 'fixed'] as const) {
    for (const blockMib of [1, 2, 8, 32, 256]) {
      it(`is read as QEMU meant it, ${subformat} with blocks of ${blockMib} MiB`, () => {
        const raw = temporary('disk.raw');
        const vhdx = temporary('disk.vhdx');
        const content = rawDisk(21 * mib, blockMib);
        writeFileSync(raw, content);
        const options = `subformat=${subformat},block_size=${blockMib * mib}`;
        qemuImg('convert', '-f', 'raw', '-O', 'vhdx', '-o', options, raw, vhdx);
        expect(contentOf([vhdx]).equals(content)).toBe(true);
        const layer = openVhdxLayer(new FileSource(vhdx));
        expect(layer).toMatchObject({
          kind: subformat,
          sizeBytes: 21 * mib,
          logicalSectorBytes: 512,
          parent: null,
        });
        expect(layer.details).toMatchObject({ blockBytes: blockMib * mib, log: 'empty' });
        layer.close();
      });
    }
  }

  it('is read rightly after QEMU has written into it', () => {
    const raw = temporary('disk.raw');
    const vhdx = temporary('disk.vhdx');
    const content = Buffer.alloc(24 * mib);
    content.fill(0x11, 0, mib);
    writeFileSync(raw, content);
    qemuImg('convert', '-f', 'raw', '-O', 'vhdx', '-o', 'block_size=1M', raw, vhdx);
    qemuIo(vhdx, 'vhdx', 'write -P 0x5a 5000k 3000k', 'write -P 0x77 20m 512', 'write -P 0x33 100k 4k');
    const expected = temporary('expected.raw');
    qemuToRaw(vhdx, 'vhdx', expected);
    const found = contentOf([vhdx]);
    expect(found.equals(readFileSync(expected))).toBe(true);
    expect(found[5000 * 1024]).toBe(0x5a);
    expect(found[20 * mib]).toBe(0x77);
  });
});

describe('segments of a VHDX', () => {
  it('join what lies side by side in the file, so that a large read is one', async () => {
    const path = temporary('disk.vhdx');
    const writer = createVhdxWriter(path, { sizeBytes: 64 * mib, blockBytes: mib });
    writer.write(Buffer.alloc(16 * mib, 1), 8 * mib);
    await writer.close();
    const layer = openVhdxLayer(new FileSource(path));
    const found = [...layer.segments(0, 64 * mib)].map(({ source, offset, length }) => [
      source,
      offset,
      length,
    ]);
    expect(found).toEqual([
      ['zero', 0, 8 * mib],
      ['file', 8 * mib, 16 * mib],
      ['zero', 24 * mib, 40 * mib],
    ]);
    layer.close();
  });

  it('are the same in one go as block by block, across blank pages of the BAT and bitmap entries', async () => {
    for (const parent of [
      undefined,
      { linkage: '8d6b7b0c-6c0c-4b7e-9a0f-0123456789ab', relativePath: './p.vhdx', absolutePath: '/p.vhdx' },
    ]) {
      const path = temporary(`${parent === undefined}.vhdx`);
      const blockBytes = 256 * mib;
      // 30,000 blocks: four pages of the BAT, with a bitmap entry after every 16 blocks.
      const sizeBytes = 30_000 * blockBytes - 1024;
      const writer = createVhdxWriter(path, {
        sizeBytes,
        blockBytes,
        ...(parent === undefined ? {} : { parent }),
      });
      for (const block of [0, 8191, 15_420, 23_130, 29_999])
        writer.write(Buffer.alloc(4096, 1), block * blockBytes);
      await writer.close();
      const layer = openVhdxLayer(new FileSource(path));
      const blockwise = [];
      for (let at = 0; at < sizeBytes; at += blockBytes)
        blockwise.push(...layer.segments(at, Math.min(blockBytes, sizeBytes - at)));
      expect([...layer.segments(0, sizeBytes)]).toEqual([...mergeSegments(blockwise)]);
      layer.close();
    }
  });

  it('of a disk of 64 TiB are found through a few pages of its BAT', async () => {
    const path = temporary('huge.vhdx');
    const sizeBytes = 64 * 1024 ** 4;
    const writer = createVhdxWriter(path, { sizeBytes });
    writer.write(Buffer.alloc(4096, 9), sizeBytes - 4096);
    await writer.close();
    const layer = openVhdxLayer(new FileSource(path));
    const [segment] = layer.segments(sizeBytes - 4096, 4096);
    expect(segment).toMatchObject({ source: 'file', offset: sizeBytes - 4096, length: 4096 });
    const target = Buffer.alloc(4096);
    layer.readFile(target, (segment as { fileOffset: number }).fileOffset);
    expect(target.equals(Buffer.alloc(4096, 9))).toBe(true);
    layer.close();
  });
});
