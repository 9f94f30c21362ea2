import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openDiskLayer, openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createFixedVhdWriter, openFixedVhdWriter } from '../../../../src/main/disk/vhd/fixed-vhd-writer.ts';
import { oracleMissing, qemuSize, qemuToRaw } from '../../../support/oracles.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

describe('a fixed VHD that is written', () => {
  it('is a whole number of MiB and the footer', async () => {
    const path = inFolder('azure.vhd');
    const writer = createFixedVhdWriter(path, { sizeBytes: 3 * mib + 1 });
    expect(writer.sizeBytes).toBe(4 * mib);
    await writer.close();
    expect(statSync(path).size).toBe(4 * mib + 512);
  });

  it('does not look like a disk before it was flushed', async () => {
    const path = inFolder('half.vhd');
    const writer = createFixedVhdWriter(path, { sizeBytes: 2 * mib });
    writer.write(Buffer.alloc(mib, 1), 0);
    expect(() => openDiskLayer(path)).toThrow(expect.objectContaining({ code: 'DISK_FORMAT_UNKNOWN' }));
    await writer.flush();
    openDiskLayer(path).close();
    await writer.close();
  });

  it('keeps its id, and zeroes only what was written', async () => {
    const path = inFolder('disk.vhd');
    const diskId = '11111111-2222-3333-4444-555555555555';
    const writer = createFixedVhdWriter(path, { sizeBytes: 8 * mib, diskId });
    writer.write(Buffer.alloc(2 * mib, 7), mib / 2);
    writer.zero(0, 2 * mib);
    writer.zero(4 * mib, 4 * mib);
    await writer.close();
    const disk = openVirtualDisk(path);
    const content = Buffer.alloc(8 * mib, 0xdd);
    disk.read(content, 0);
    const expected = Buffer.alloc(8 * mib);
    expected.fill(7, 2 * mib, 2.5 * mib);
    expect(content.equals(expected)).toBe(true);
    expect(disk.identity).toEqual({ diskId, sizeBytes: 8 * mib, logicalSectorBytes: 512 });
    disk.close();
    if (process.platform !== 'win32') expect(statSync(path).blocks * 512).toBeLessThan(4 * mib);
  });

  it('can be opened again for writing, a dynamic one not', async () => {
    const path = inFolder('disk.vhd');
    await createFixedVhdWriter(path, { sizeBytes: mib }).close();
    const before = readFileSync(path).subarray(mib);
    const writer = openFixedVhdWriter(path);
    writer.write(Buffer.alloc(512, 9), 512);
    writer.zero(0, 600);
    const seen = Buffer.alloc(2);
    writer.read(seen, 599);
    expect([...seen]).toEqual([0, 9]);
    await writer.close();
    expect(readFileSync(path).subarray(mib).equals(before)).toBe(true);
    await createDynamicVhdWriter(inFolder('dynamic.vhd'), { sizeBytes: mib }).close();
    expect(() => openFixedVhdWriter(inFolder('dynamic.vhd'))).toThrow(
      expect.objectContaining({ code: 'DISK_UNSUPPORTED' }),
    );
  });

  it.skipIf(oracleMissing('qemu-img'))('is read by qemu to the last byte', async () => {
    const path = inFolder('disk.vhd');
    const writer = createFixedVhdWriter(path, { sizeBytes: 5 * mib });
    writer.write(Buffer.alloc(1000, 3), 5 * mib - 1000);
    await writer.close();
    expect(qemuSize(path, 'vpc')).toBe(5 * mib);
    qemuToRaw(path, 'vpc', inFolder('seen.raw'));
    const expected = Buffer.alloc(5 * mib);
    expected.fill(3, 5 * mib - 1000);
    expect(readFileSync(inFolder('seen.raw')).equals(expected)).toBe(true);
  });
});
