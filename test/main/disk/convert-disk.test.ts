import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareDisks } from '../../../src/main/disk/compare-disks.ts';
import { convertDisk } from '../../../src/main/disk/convert-disk.ts';
import { openVirtualDisk } from '../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import type { VirtualDisk } from '../../../src/main/disk/virtual-disk.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

const makeSource = async (sizeBytes = 24 * mib): Promise<VirtualDisk> => {
  const writer = createDynamicVhdWriter(inFolder('source.vhd'), { sizeBytes });
  writer.write(Buffer.alloc(70_000, 0x11), 3 * mib - 9);
  writer.write(Buffer.alloc(4 * mib, 0x22), 11 * mib);
  writer.write(Buffer.alloc(512, 0x33), sizeBytes - 512);
  await writer.close();
  return openVirtualDisk(inFolder('source.vhd'));
};

const qemuFormats = { raw: 'raw', vhd: 'vpc', vhdx: 'vhdx' } as const;

describe('converting a disk', () => {
  it.each(['raw', 'vhd', 'vhdx'] as const)(
    'into %s keeps every byte and writes only data',
    async (format) => {
      const source = await makeSource();
      const target = inFolder(`target.${format}`);
      const result = await convertDisk(source, target, format);
      expect(result).toMatchObject({ path: target, format, sizeBytes: 24 * mib });
      expect(result.writtenBytes).toBeLessThan(4.5 * mib);
      const copy = openVirtualDisk(target, format === 'raw' ? { format } : {});
      expect(await compareDisks(source, copy)).toMatchObject({ identical: true, sizesDiffer: false });
      copy.close();
      source.close();
      if (!oracleMissing('qemu-img')) {
        expect(qemuIdentical(target, qemuFormats[format], inFolder('source.vhd'), 'vpc')).toBe(true);
      }
      expect(existsSync(`${target}.partial`)).toBe(false);
    },
  );

  it('rounds a fixed VHD up to whole MiB and leaves holes where there was nothing', async () => {
    const source = await makeSource(20 * mib + 512);
    const result = await convertDisk(source, inFolder('target.vhd'), 'vhd');
    source.close();
    expect(result.sizeBytes).toBe(21 * mib);
    if (process.platform !== 'win32') {
      expect(statSync(inFolder('target.vhd')).blocks * 512).toBeLessThan(6 * mib);
    }
  });

  it.each(['vhdx', 'vhd', 'raw'] as const)(
    'takes a raw image that ends within a sector, into %s',
    async (format) => {
      const bytes = Buffer.alloc(2 * mib + 777, 0x5a);
      writeFileSync(inFolder('odd.img'), bytes);
      const source = openVirtualDisk(inFolder('odd.img'), { format: 'raw' });
      const target = inFolder('target.out');
      await convertDisk(source, target, format);
      const copy = openVirtualDisk(target, { format });
      expect(await compareDisks(source, copy)).toMatchObject({
        identical: true,
        sizesDiffer: format !== 'raw',
      });
      copy.close();
      source.close();
    },
  );

  it('does not touch a target that exists', async () => {
    const source = await makeSource();
    writeFileSync(inFolder('target.raw'), 'mine');
    await expect(convertDisk(source, inFolder('target.raw'), 'raw')).rejects.toMatchObject({
      code: 'DISK_TARGET_EXISTS',
      file: inFolder('target.raw'),
    });
    expect(readFileSync(inFolder('target.raw'), 'utf8')).toBe('mine');
    source.close();
  });

  it('leaves nothing behind when it is cancelled, and starts over after a crash left its half file', async () => {
    const source = await makeSource();
    const cancel = new AbortController();
    const cancelled = convertDisk(source, inFolder('target.vhdx'), 'vhdx', {
      signal: cancel.signal,
      onProgress: () => cancel.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(inFolder('target.vhdx'))).toBe(false);
    expect(existsSync(inFolder('target.vhdx.partial'))).toBe(false);
    writeFileSync(inFolder('target.vhdx.partial'), 'half');
    await convertDisk(source, inFolder('target.vhdx'), 'vhdx');
    expect(existsSync(inFolder('target.vhdx'))).toBe(true);
    source.close();
  });

  it('says so when the folder does not exist', async () => {
    const source = await makeSource();
    await expect(convertDisk(source, inFolder('no', 'target.raw'), 'raw')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    source.close();
  });
});
