import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeDisk } from '../../../src/main/disk/describe-disk.ts';
import { openDiskLayer, openVirtualDisk } from '../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { writeDifferencingVhd } from '../../support/differencing-vhd.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

const makeVhdxChain = async (): Promise<void> => {
  const base = createVhdxWriter(inFolder('base.vhdx'), { sizeBytes: 8 * mib, blockBytes: mib });
  base.write(Buffer.alloc(mib, 0x11), mib);
  await base.close();
  const tip = createVhdxWriter(inFolder('tip.avhdx'), {
    sizeBytes: 8 * mib,
    blockBytes: mib,
    parent: { linkage: base.linkage, relativePath: '.\\base.vhdx', absolutePath: 'D:\\gone\\base.vhdx' },
  });
  tip.write(Buffer.alloc(4096, 0x22), mib + 4096);
  await tip.close();
};

describe('opening a disk', () => {
  it('tells the format by content, not by name', async () => {
    await createDynamicVhdWriter(inFolder('really-vhd.vhdx'), { sizeBytes: mib }).close();
    await createVhdxWriter(inFolder('really-vhdx.vhd'), { sizeBytes: mib }).close();
    for (const [name, format] of [
      ['really-vhd.vhdx', 'vhd'],
      ['really-vhdx.vhd', 'vhdx'],
    ] as const) {
      const disk = openVirtualDisk(inFolder(name));
      expect(disk).toMatchObject({ format, kind: 'dynamic', sizeBytes: mib });
      disk.close();
    }
  });

  it('takes a file for a raw image only when told so', () => {
    writeFileSync(inFolder('disk.img'), Buffer.alloc(5000, 7));
    expect(() => openVirtualDisk(inFolder('disk.img'))).toThrow(
      expect.objectContaining({ code: 'DISK_FORMAT_UNKNOWN', file: inFolder('disk.img') }),
    );
    const disk = openVirtualDisk(inFolder('disk.img'), { format: 'raw' });
    expect(disk).toMatchObject({ format: 'raw', kind: 'fixed', sizeBytes: 5000 });
    disk.close();
  });

  it('follows a VHDX chain, whose identity is the root’s', async () => {
    await makeVhdxChain();
    const root = openDiskLayer(inFolder('base.vhdx'));
    const disk = openVirtualDisk(inFolder('tip.avhdx'));
    const content = Buffer.alloc(8 * mib, 0xdd);
    disk.read(content, 0);
    const expected = Buffer.alloc(8 * mib);
    expected.fill(0x11, mib, 2 * mib);
    expected.fill(0x22, mib + 4096, mib + 8192);
    expect(content.equals(expected)).toBe(true);
    expect(disk.identity.diskId).toBe(root.diskId);
    expect([...disk.extents()]).toEqual([{ offset: mib, length: mib }]);
    disk.close();
    root.close();
  });

  it('refuses a VHDX whose parent was written to since the child was made', async () => {
    await makeVhdxChain();
    const writer = openVhdxWriter(inFolder('base.vhdx'));
    writer.write(Buffer.alloc(512, 1), 0);
    await writer.close();
    expect(() => openVirtualDisk(inFolder('tip.avhdx'))).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_BROKEN', file: inFolder('base.vhdx') }),
    );
    expect(describeDisk(inFolder('tip.avhdx'))).toMatchObject({
      format: 'vhdx',
      kind: 'differencing',
      diskId: null,
      problem: { code: 'DISK_CHAIN_BROKEN' },
    });
  });

  it('names the missing parent and the child', async () => {
    await makeVhdxChain();
    rmSync(inFolder('base.vhdx'));
    expect(() => openVirtualDisk(inFolder('tip.avhdx'))).toThrow(/base\.vhdx.*tip\.avhdx.*is missing/);
  });

  it('does not take a VHDX for the parent of a VHD', async () => {
    await makeVhdxChain();
    writeDifferencingVhd({
      path: inFolder('tip.avhd'),
      sizeBytes: 8 * mib,
      diskId: '66666666-2222-3333-4444-555555555555',
      parentId: '11111111-2222-3333-4444-555555555555',
      relativePath: '.\\base.vhdx',
      writes: [],
    });
    expect(() => openVirtualDisk(inFolder('tip.avhd'))).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_BROKEN', file: inFolder('base.vhdx') }),
    );
  });

  it('describes a chain as plain data', async () => {
    await makeVhdxChain();
    const description = describeDisk(inFolder('tip.avhdx'));
    expect(structuredClone(description)).toEqual(description);
    expect(description.problem).toBeNull();
    expect(description.chain.map(({ kind }) => kind)).toEqual(['differencing', 'dynamic']);
    expect(description.diskId).toBe(description.chain[1]!.diskId);
  });
});
