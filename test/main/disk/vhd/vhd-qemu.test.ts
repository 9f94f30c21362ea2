import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../../src/main/disk/file-source.ts';
import { openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import { findFooter } from '../../../../src/main/disk/vhd/find-footer.ts';
import { geometryFor } from '../../../../src/main/disk/vhd/geometry.ts';
import {
  libvhdiToRaw,
  oracleMissing,
  qemuCreateVhd,
  qemuImg,
  qemuIo,
  qemuToRaw,
} from '../../../support/oracles.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

/** Every byte as our reader sees it, read in pieces that fit no boundary. */
const readAll = (path: string): Buffer => {
  const disk = openVirtualDisk(path);
  const content = Buffer.alloc(disk.sizeBytes, 0xdd);
  const step = 1_234_567;
  for (let at = 0; at < content.length; at += step) disk.read(content.subarray(at, at + step), at);
  disk.close();
  return content;
};

const writes = [
  'write -P 0x11 0 64k',
  'write -P 0x22 2093056 8k',
  'write -P 0x33 5242880 512',
  'write -P 0x44 9437184 3M',
  'write -P 0x55 17825280 512',
];

describe.skipIf(oracleMissing('qemu-img', 'qemu-io'))('VHDs that qemu made', () => {
  const sizeBytes = 17 * mib + 512;

  it.each(['dynamic', 'fixed'] as const)('a %s disk reads as qemu reads it', (kind) => {
    const path = inFolder('disk.vhd');
    qemuCreateVhd(path, kind, sizeBytes);
    qemuIo(path, 'vpc', ...writes);
    qemuToRaw(path, 'vpc', inFolder('disk.raw'));
    const disk = openVirtualDisk(path);
    expect(disk).toMatchObject({ format: 'vhd', kind, sizeBytes });
    disk.close();
    expect(readAll(path).equals(readFileSync(inFolder('disk.raw')))).toBe(true);
  });

  it('extents of a dynamic disk are its allocated blocks, merged, without the holes', () => {
    const path = inFolder('disk.vhd');
    qemuCreateVhd(path, 'dynamic', sizeBytes);
    qemuIo(path, 'vpc', ...writes);
    const disk = openVirtualDisk(path);
    expect([...disk.extents()]).toEqual([
      { offset: 0, length: 6 * mib },
      { offset: 8 * mib, length: 4 * mib },
      { offset: 16 * mib, length: mib + 512 },
    ]);
    expect([...disk.extents(mib, 9 * mib)]).toEqual([
      { offset: mib, length: 5 * mib },
      { offset: 8 * mib, length: mib },
    ]);
    disk.close();
  });

  it.each([40, 600, 2048, 140_000])('the geometry of %i MiB is the one qemu computes', (mebibytes) => {
    const path = inFolder('disk.vhd');
    qemuImg('create', '-q', '-f', 'vpc', path, `${mebibytes}M`);
    const source = new FileSource(path);
    const { footer } = findFooter(source)!;
    source.close();
    expect(geometryFor(footer.sizeBytes)).toEqual(footer.geometry);
  });

  it('the size is the current size also where the geometry says less', () => {
    const path = inFolder('disk.vhd');
    const odd = 123 * mib + 512;
    qemuCreateVhd(path, 'dynamic', odd);
    const disk = openVirtualDisk(path);
    expect(disk.sizeBytes).toBe(odd);
    disk.close();
  });

  it('a footer of 511 bytes, as very old tools wrote it, is read', () => {
    const path = inFolder('disk.vhd');
    qemuCreateVhd(path, 'fixed', 4 * mib);
    qemuIo(path, 'vpc', 'write -P 0x77 1M 4k');
    const whole = readAll(path);
    truncateSync(path, 4 * mib + 511);
    expect(readAll(path).equals(whole)).toBe(true);
  });

  it('a dynamic disk that lost only its footer is read by the copy at the start', () => {
    const path = inFolder('disk.vhd');
    qemuCreateVhd(path, 'dynamic', 8 * mib);
    qemuIo(path, 'vpc', 'write -P 0x77 3M 4k');
    const whole = readAll(path);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 512));
    expect(readAll(path).equals(whole)).toBe(true);
    writeFileSync(path, Buffer.concat([bytes.subarray(0, bytes.length - 512), Buffer.alloc(512, 0x5a)]));
    expect(readAll(path).equals(whole)).toBe(true);
  });

  it('a dynamic disk that lost data is refused as truncated', () => {
    const path = inFolder('disk.vhd');
    qemuCreateVhd(path, 'dynamic', 8 * mib);
    qemuIo(path, 'vpc', 'write -P 0x77 3M 4k', 'write -P 0x78 6M 4k');
    truncateSync(path, readFileSync(path).length - mib);
    expect(() => openVirtualDisk(path)).toThrow(
      expect.objectContaining({ code: 'DISK_TRUNCATED', file: path }),
    );
  });

  it.skipIf(oracleMissing('libvhdi'))(
    'sectors that a bitmap leaves out read as zeros, as libvhdi reads them',
    () => {
      const path = inFolder('disk.vhd');
      qemuCreateVhd(path, 'dynamic', 4 * mib);
      qemuIo(path, 'vpc', 'write -P 0x66 0 2M');
      const handle = openSync(path, 'r+');
      const entry = Buffer.alloc(4);
      readSync(handle, entry, 0, 4, 1536);
      writeSync(handle, Buffer.of(0x0f, 0x00, 0x01), 0, 3, entry.readUInt32BE() * 512);
      closeSync(handle);
      libvhdiToRaw([path], inFolder('libvhdi.raw'));
      const ours = readAll(path);
      expect(ours[3 * 512]).toBe(0);
      expect(ours[4 * 512]).toBe(0x66);
      expect(ours.equals(readFileSync(inFolder('libvhdi.raw')))).toBe(true);
    },
  );

  it('reading does not change the file', () => {
    const path = inFolder('disk.vhd');
    qemuCreateVhd(path, 'dynamic', 8 * mib);
    qemuIo(path, 'vpc', 'write -P 0x77 3M 4k');
    copyFileSync(path, inFolder('before.vhd'));
    readAll(path);
    expect(readFileSync(path).equals(readFileSync(inFolder('before.vhd')))).toBe(true);
  });
});
