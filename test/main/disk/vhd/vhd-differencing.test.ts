import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeDisk } from '../../../../src/main/disk/describe-disk.ts';
import { openDiskLayer, openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createFixedVhdWriter } from '../../../../src/main/disk/vhd/fixed-vhd-writer.ts';
import { type DifferencingVhd, writeDifferencingVhd } from '../../../support/differencing-vhd.ts';
import { libvhdiToRaw, oracleMissing } from '../../../support/oracles.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();
const rootId = '11111111-2222-3333-4444-555555555555';
const sizeBytes = 8 * mib;

const makeRoot = async (path: string, bytes = sizeBytes): Promise<void> => {
  const writer = createDynamicVhdWriter(path, { sizeBytes: bytes, diskId: rootId });
  writer.write(new Uint8Array(3 * mib).fill(0x11), mib);
  await writer.close();
};

const makeChild = (name: string, changes: Partial<DifferencingVhd> = {}): DifferencingVhd => {
  const child: DifferencingVhd = {
    path: inFolder(name),
    sizeBytes,
    diskId: randomUUID(),
    parentId: rootId,
    relativePath: '.\\base.vhd',
    absolutePath: 'C:\\vms\\base.vhd',
    writes: [],
    ...changes,
  };
  writeDifferencingVhd(child);
  return child;
};

const readAll = (path: string): Buffer => {
  const disk = openVirtualDisk(path);
  const content = Buffer.alloc(disk.sizeBytes, 0xdd);
  disk.read(content, 0);
  disk.close();
  return content;
};

describe('a chain of differencing VHDs', () => {
  it('takes sectors from the first disk that holds them', async () => {
    await makeRoot(inFolder('base.vhd'));
    const middle = makeChild('middle.avhd', {
      writes: [
        { offset: 2 * mib, data: new Uint8Array(1024).fill(0x22) },
        { offset: 6 * mib, data: new Uint8Array(512).fill(0x23) },
      ],
    });
    const tip = makeChild('tip.avhd', {
      parentId: middle.diskId,
      relativePath: '.\\middle.avhd',
      writes: [{ offset: 2 * mib + 512, data: new Uint8Array(1536).fill(0x33) }],
    });
    const content = readAll(tip.path);
    const expected = Buffer.alloc(sizeBytes);
    expected.fill(0x11, mib, 4 * mib);
    expected.fill(0x22, 2 * mib, 2 * mib + 512);
    expected.fill(0x33, 2 * mib + 512, 2 * mib + 2048);
    expected.fill(0x23, 6 * mib, 6 * mib + 512);
    expect(content.equals(expected)).toBe(true);
    const disk = openVirtualDisk(tip.path);
    expect(disk).toMatchObject({ kind: 'differencing', identity: { diskId: rootId, sizeBytes } });
    expect(disk.files).toEqual([tip.path, middle.path, inFolder('base.vhd')]);
    // The root's blocks count as a whole, the children's sectors one by one.
    expect([...disk.extents()]).toEqual([
      { offset: 0, length: 4 * mib },
      { offset: 6 * mib, length: 512 },
    ]);
    disk.close();
  });

  it.skipIf(oracleMissing('libvhdi'))('reads as libvhdi reads it', async () => {
    await makeRoot(inFolder('base.vhd'));
    const middle = makeChild('middle.avhd', {
      writes: [{ offset: 3 * mib, data: Buffer.alloc(64 * 1024, 0x22) }],
    });
    const tip = makeChild('tip.avhd', {
      parentId: middle.diskId,
      relativePath: '.\\middle.avhd',
      writes: [
        { offset: 0, data: Buffer.alloc(4096, 0x33) },
        { offset: 3 * mib + 8192 + 7 * 512, data: Buffer.alloc(512, 0x34) },
        { offset: 5 * mib + 5 * 512, data: Buffer.alloc(3 * 512 + 4096, 0x35) },
        { offset: 8 * mib - 512, data: Buffer.alloc(512, 0x36) },
      ],
    });
    const seen = libvhdiToRaw([tip.path, middle.path, inFolder('base.vhd')], inFolder('libvhdi.raw'));
    expect(seen).toEqual({ sizeBytes, identifier: tip.diskId, parentIdentifier: middle.diskId });
    expect(readAll(tip.path).equals(readFileSync(inFolder('libvhdi.raw')))).toBe(true);
  });

  it('may have a fixed root and a child larger than its parent, zeros beyond', async () => {
    const writer = createFixedVhdWriter(inFolder('base.vhd'), { sizeBytes: 4 * mib, diskId: rootId });
    writer.write(new Uint8Array(4 * mib).fill(0x44), 0);
    await writer.close();
    const tip = makeChild('tip.avhd', { writes: [{ offset: 7 * mib, data: Buffer.alloc(512, 0x55) }] });
    const expected = Buffer.alloc(sizeBytes);
    expected.fill(0x44, 0, 4 * mib);
    expected.fill(0x55, 7 * mib, 7 * mib + 512);
    expect(readAll(tip.path).equals(expected)).toBe(true);
  });

  it('finds the parent beside the child when only a Windows path is stored', async () => {
    await makeRoot(inFolder('base.vhd'));
    const { relativePath: _, ...rest } = makeChild('tip.avhd');
    writeDifferencingVhd(rest);
    expect(openVirtualDisk(rest.path).files).toHaveLength(2);
  });

  it('finds the parent by a path from the child’s folder, by a file URL, and by its bare name', async () => {
    mkdirSync(inFolder('library one'), { recursive: true });
    await makeRoot(inFolder('library one', 'base.vhd'));
    const byPath = makeChild('a.avhd', { relativePath: '.\\library one\\base.vhd' });
    expect(openVirtualDisk(byPath.path).files).toHaveLength(2);
    const bare = { path: inFolder('b.avhd'), sizeBytes, diskId: randomUUID(), parentId: rootId, writes: [] };
    const url = `file://localhost${encodeURI(inFolder('library one', 'base.vhd'))}`;
    if (process.platform !== 'win32') {
      writeDifferencingVhd({ ...bare, macUrl: url });
      expect(openVirtualDisk(bare.path).files).toHaveLength(2);
    }
    renameSync(inFolder('library one', 'base.vhd'), inFolder('base.vhd'));
    writeDifferencingVhd({ ...bare, parentName: 'D:\\gone\\base.vhd' });
    expect(openVirtualDisk(bare.path).files).toHaveLength(2);
  });

  it('is broken, naming parent and child, when the parent is missing', () => {
    const tip = makeChild('tip.avhd');
    expect(() => openVirtualDisk(tip.path)).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_BROKEN', file: inFolder('base.vhd') }),
    );
    expect(() => openVirtualDisk(tip.path)).toThrow(/base\.vhd.*tip\.avhd/);
  });

  it('is broken, naming the parent, when the parent is another disk', async () => {
    const writer = createDynamicVhdWriter(inFolder('base.vhd'), { sizeBytes });
    await writer.close();
    const tip = makeChild('tip.avhd');
    expect(() => openVirtualDisk(tip.path)).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_BROKEN', file: inFolder('base.vhd') }),
    );
  });

  it('passes by a stale copy when the right parent lies elsewhere', async () => {
    mkdirSync(inFolder('other'));
    await makeRoot(inFolder('other', 'base.vhd'));
    const stale = createDynamicVhdWriter(inFolder('base.vhd'), { sizeBytes });
    await stale.close();
    const tip = makeChild('tip.avhd', { absolutePath: '..\\other\\base.vhd' });
    mkdirSync(inFolder('vm'));
    renameSync(tip.path, inFolder('vm', 'tip.avhd'));
    renameSync(inFolder('base.vhd'), inFolder('vm', 'base.vhd'));
    const disk = openVirtualDisk(inFolder('vm', 'tip.avhd'));
    expect(disk.files[1]).toBe(inFolder('other', 'base.vhd'));
    disk.close();
  });

  it('that runs in a circle is refused', () => {
    const [a, b] = [randomUUID(), randomUUID()];
    makeChild('a.avhd', { diskId: a, parentId: b, relativePath: '.\\b.avhd' });
    makeChild('b.avhd', { diskId: b, parentId: a, relativePath: '.\\a.avhd' });
    expect(() => openVirtualDisk(inFolder('a.avhd'))).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_CYCLE', file: inFolder('a.avhd') }),
    );
    makeChild('self.avhd', { diskId: a, parentId: a, relativePath: '.\\self.avhd' });
    expect(() => openVirtualDisk(inFolder('self.avhd'))).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_CYCLE' }),
    );
  });

  it('of more than 256 files is refused', () => {
    const ids = Array.from({ length: 258 }, () => randomUUID());
    for (const [index, diskId] of ids.entries()) {
      makeChild(`${index}.avhd`, {
        sizeBytes: 4096,
        blockBytes: 4096,
        diskId,
        parentId: ids[index + 1] ?? rootId,
        relativePath: `.\\${index + 1}.avhd`,
      });
    }
    expect(() => openVirtualDisk(inFolder('0.avhd'))).toThrow(/more than 256 files/);
  });

  it('names the damaged parent, not the child', async () => {
    await makeRoot(inFolder('base.vhd'));
    truncateSync(inFolder('base.vhd'), mib);
    const tip = makeChild('tip.avhd');
    expect(() => openVirtualDisk(tip.path)).toThrow(
      expect.objectContaining({ code: 'DISK_TRUNCATED', file: inFolder('base.vhd') }),
    );
  });
});

describe('a single file of a chain', () => {
  it('opens without its parent and says how it names it', () => {
    const tip = makeChild('tip.avhd');
    const layer = openDiskLayer(tip.path);
    expect(layer.parent).toEqual({ linkages: [rootId], paths: ['.\\base.vhd', 'C:\\vms\\base.vhd'] });
    layer.close();
  });

  it('is described with its whole chain', async () => {
    await makeRoot(inFolder('base.vhd'));
    const tip = makeChild('tip.avhd');
    const description = describeDisk(tip.path);
    expect(description).toMatchObject({
      format: 'vhd',
      kind: 'differencing',
      sizeBytes,
      diskId: rootId,
      problem: null,
    });
    expect(description.chain.map((file) => file.path)).toEqual([tip.path, inFolder('base.vhd')]);
    expect(description.chain[1]!.details).toMatchObject({ allocatedBlocks: 2, blocks: 4, footer: 'end' });
  });

  it('is described as far as a broken chain goes', async () => {
    await makeRoot(inFolder('base.vhd'));
    const tip = makeChild('tip.avhd');
    copyFileSync(inFolder('base.vhd'), inFolder('kept.vhd'));
    rmSync(inFolder('base.vhd'));
    const description = describeDisk(tip.path);
    expect(description).toMatchObject({ diskId: null, problem: { code: 'DISK_CHAIN_BROKEN' } });
    expect(description.chain).toHaveLength(1);
    expect(structuredClone(description)).toEqual(description);
  });
});
