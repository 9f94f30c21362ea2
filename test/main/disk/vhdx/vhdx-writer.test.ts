import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { FileSource } from '../../../../src/main/disk/file-source.ts';
import { openVhdxLayer } from '../../../../src/main/disk/vhdx/vhdx-layer.ts';
import {
  createVhdxWriter,
  openVhdxWriter,
  type VhdxWriter,
} from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { contentOf } from '../../../support/layer-content.ts';
import { oracleMissing, qemuIdentical, qemuImg, qemuIo, qemuSize } from '../../../support/oracles.ts';
import { PowerCutFile } from '../../../support/power-cut-file.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const sector = 512;
const temporary = useTemporaryFolder();

interface Range {
  readonly kind: 'write' | 'zero' | 'read';
  readonly at: number;
  readonly sectors: number;
  readonly byte: number;
}

type Action = Range | { readonly kind: 'flush' } | { readonly kind: 'reopen' };

const diskSectors = (5 * mib + 7 * sector) / sector;

const actions = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('write' as const, 'zero' as const, 'read' as const),
        at: fc.nat(diskSectors - 1),
        sectors: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6000 })),
        byte: fc.integer({ min: 1, max: 255 }),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom<Action>({ kind: 'flush' }, { kind: 'reopen' }) },
  ),
  { maxLength: 40 },
);

const perform = async (path: string, writer: VhdxWriter, list: readonly Action[], model: Buffer) => {
  let open = writer;
  for (const action of list) {
    if (action.kind === 'flush') await open.flush();
    else if (action.kind === 'reopen') {
      await open.close();
      open = openVhdxWriter(path);
    } else {
      const start = action.at * sector;
      const end = Math.min(model.length, start + action.sectors * sector);
      if (action.kind === 'read') {
        const found = Buffer.alloc(end - start, 0xee);
        open.read(found, start);
        if (!found.equals(model.subarray(start, end))) throw new Error(`read at ${start} differs`);
      } else if (action.kind === 'write') {
        model.fill(action.byte, start, end);
        open.write(model.subarray(start, end), start);
      } else {
        model.fill(0, start, end);
        open.zero(start, end - start);
      }
    }
  }
  await open.close();
};

describe('a VHDX writer', () => {
  it('holds what was written into it, whatever the order of writes, zeros, flushes and reopening', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(actions, async (list) => {
        count += 1;
        const path = temporary(`${count}.vhdx`);
        const model = Buffer.alloc(diskSectors * sector);
        await perform(
          path,
          createVhdxWriter(path, { sizeBytes: model.length, blockBytes: mib }),
          list,
          model,
        );
        expect(contentOf([path]).equals(model)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('gives back the space of zeroed blocks and uses it again', async () => {
    const path = temporary('disk.vhdx');
    const writer = createVhdxWriter(path, { sizeBytes: 32 * mib, blockBytes: mib });
    writer.write(Buffer.alloc(16 * mib, 1), 0);
    await writer.flush();
    const fullBytes = statSync(path).size;
    expect(writer.allocatedBytes).toBe(16 * mib);
    writer.zero(0, 8 * mib);
    expect(writer.allocatedBytes).toBe(8 * mib);
    await writer.flush();
    writer.write(Buffer.alloc(8 * mib, 2), 20 * mib);
    await writer.flush();
    expect(statSync(path).size).toBe(fullBytes);
    writer.zero(0, 32 * mib);
    await writer.close();
    expect(statSync(path).size).toBe(4 * mib);
  });

  it('shows nothing of a freed block to the next one that gets its place', async () => {
    const path = temporary('disk.vhdx');
    const writer = createVhdxWriter(path, { sizeBytes: 4 * mib, blockBytes: 2 * mib });
    writer.write(Buffer.alloc(2 * mib, 0xaa), 0);
    await writer.flush();
    writer.zero(0, 2 * mib);
    await writer.flush();
    writer.write(Buffer.alloc(sector, 0xbb), 3 * mib);
    await writer.close();
    const expected = Buffer.alloc(4 * mib);
    expected.fill(0xbb, 3 * mib, 3 * mib + sector);
    expect(contentOf([path]).equals(expected)).toBe(true);
  });

  it('keeps its disk id and changes its data write id once a session, before the first change', async () => {
    const path = temporary('disk.vhdx');
    const diskId = '6f0b9d2e-0f5a-4c51-8a53-1c7f5c7b8e11';
    const made = createVhdxWriter(path, { sizeBytes: 4 * mib, diskId });
    const { linkage } = made;
    await made.close();
    const unchanged = readFileSync(path);
    const idle = openVhdxWriter(path);
    await idle.close();
    expect(readFileSync(path).equals(unchanged)).toBe(true);
    const changing = openVhdxWriter(path);
    changing.write(Buffer.alloc(sector, 1), 0);
    const second = changing.linkage;
    changing.write(Buffer.alloc(sector, 2), sector);
    expect(changing.linkage).toBe(second);
    await changing.close();
    expect(second).not.toBe(linkage);
    const layer = openVhdxLayer(new FileSource(path));
    expect(layer).toMatchObject({ diskId, linkage: second });
    layer.close();
  });

  it('cuts off what an unfinished session left at the end of the file', async () => {
    const path = temporary('disk.vhdx');
    const writer = createVhdxWriter(path, { sizeBytes: 32 * mib, blockBytes: mib });
    writer.write(Buffer.alloc(mib, 1), 0);
    await writer.flush();
    writer.write(Buffer.alloc(10 * mib, 2), 2 * mib);
    writer.abandon();
    expect(statSync(path).size).toBeGreaterThanOrEqual(15 * mib);
    const next = openVhdxWriter(path);
    next.write(Buffer.alloc(sector, 3), 4 * mib);
    await next.close();
    expect(statSync(path).size).toBe(6 * mib);
    const expected = Buffer.alloc(32 * mib);
    expected.fill(1, 0, mib);
    expected.fill(3, 4 * mib, 4 * mib + sector);
    expect(contentOf([path]).equals(expected)).toBe(true);
  });

  it('is not used any more once its data could not be made durable', async () => {
    const path = temporary('disk.vhdx');
    const file = new PowerCutFile(path);
    const writer = createVhdxWriter(path, { sizeBytes: 4 * mib }, { open: () => file });
    writer.write(Buffer.alloc(sector, 1), 0);
    file.sync = () => Promise.reject(new ReplicationError('DISK_WRITE_FAILED', 'the disk is gone'));
    await expect(writer.flush()).rejects.toThrow('the disk is gone');
    const refused = expect.objectContaining({ code: 'DISK_WRITE_FAILED' });
    expect(() => writer.write(Buffer.alloc(sector, 2), 0)).toThrow(refused);
    await expect(writer.flush()).rejects.toThrow(refused);
    await expect(writer.close()).rejects.toThrow(refused);
  });

  it('refuses a path that exists, a range off the disk and half a sector, by name', async () => {
    const path = temporary('disk.vhdx');
    writeFileSync(path, 'mine');
    expect(() => createVhdxWriter(path, { sizeBytes: mib })).toThrow(
      expect.objectContaining({ code: 'DISK_TARGET_EXISTS' }),
    );
    expect(readFileSync(path, 'utf8')).toBe('mine');
    const writer = createVhdxWriter(temporary('other.vhdx'), { sizeBytes: mib });
    const invalid = expect.objectContaining({ code: 'INPUT_INVALID' });
    expect(() => writer.write(Buffer.alloc(1024), mib - sector)).toThrow(invalid);
    expect(() => writer.write(Buffer.alloc(100), 0)).toThrow(invalid);
    expect(() => writer.zero(-sector, sector)).toThrow(invalid);
    await writer.close();
    expect(() => writer.write(Buffer.alloc(sector), 0)).toThrow(
      expect.objectContaining({ code: 'DISK_WRITE_FAILED' }),
    );
    expect(() => createVhdxWriter(temporary('x.vhdx'), { sizeBytes: 65 * 1024 ** 4 })).toThrow(
      expect.objectContaining({ code: 'DISK_TOO_LARGE' }),
    );
    expect(() => createVhdxWriter(temporary('y.vhdx'), { sizeBytes: 1000 })).toThrow(invalid);
    expect(existsSync(temporary('y.vhdx'))).toBe(false);
  });
});

describe.skipIf(oracleMissing('qemu-img', 'qemu-io'))('a VHDX of ours, asked of QEMU', () => {
  for (const blockMib of [1, 2, 32, 256]) {
    it(`is found clean after every flush and holds the same, blocks of ${blockMib} MiB`, async () => {
      const path = temporary('disk.vhdx');
      const raw = temporary('disk.raw');
      const model = Buffer.alloc(19 * mib + 3 * sector);
      const writer = createVhdxWriter(path, { sizeBytes: model.length, blockBytes: blockMib * mib });
      expect(qemuSize(path, 'vhdx')).toBe(model.length);
      for (let round = 0; round < 4; round += 1) {
        const at = round * 4 * mib + 12 * sector;
        model.fill(round + 1, at, at + 3 * mib);
        writer.write(model.subarray(at, at + 3 * mib), at);
        model.fill(0, at + mib, at + 2 * mib);
        writer.zero(at + mib, mib);
        await writer.flush();
        expect(qemuImg('check', '-f', 'vhdx', path)).toContain('No errors');
      }
      model.fill(0xcc, model.length - sector);
      writer.write(model.subarray(model.length - sector), model.length - sector);
      await writer.close();
      expect(qemuImg('check', '-f', 'vhdx', path)).toContain('No errors');
      writeFileSync(raw, model);
      expect(qemuIdentical(path, 'vhdx', raw, 'raw')).toBe(true);
    });
  }

  it('can be written by QEMU and by us in turn, whoever made it', async () => {
    const path = temporary('disk.vhdx');
    const raw = temporary('disk.raw');
    const model = Buffer.alloc(16 * mib);
    model.fill(1, 0, 3 * mib);
    writeFileSync(raw, model);
    qemuImg('convert', '-f', 'raw', '-O', 'vhdx', '-o', 'block_size=1M', raw, path);
    for (let round = 0; round < 3; round += 1) {
      const at = (4 + round * 3) * mib;
      const writer = openVhdxWriter(path);
      model.fill(0x20 + round, at, at + mib + 4096);
      writer.write(model.subarray(at, at + mib + 4096), at);
      await writer.close();
      qemuIo(path, 'vhdx', `write -P ${0x40 + round} ${at + 64 * 1024} 128k`);
      model.fill(0x40 + round, at + 64 * 1024, at + 192 * 1024);
    }
    writeFileSync(raw, model);
    expect(qemuImg('check', '-f', 'vhdx', path)).toContain('No errors');
    expect(qemuIdentical(path, 'vhdx', raw, 'raw')).toBe(true);
    expect(contentOf([path]).equals(model)).toBe(true);
  });
});
