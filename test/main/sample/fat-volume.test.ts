import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRawWriter } from '../../../src/main/disk/raw/raw-writer.ts';
import type { VirtualDiskWriter } from '../../../src/main/disk/virtual-disk.ts';
import { type FatFile, readFatFiles } from '../../../src/main/sample/fat-reader.ts';
import { type FatVolume, type SampleFile, writeFatVolume } from '../../../src/main/sample/fat-volume.ts';
import { packedContent, textContent, webLogContent } from '../../../src/main/sample/sample-content.ts';
import { useTemporaryFolder as temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const mebibyte = 1024 * 1024;

const file = (path: string, sizeBytes: number): SampleFile => ({
  path,
  sizeBytes,
  content: packedContent(sizeBytes, path),
});

const files: readonly SampleFile[] = [
  file('README.TXT', 1),
  file('empty file', 0),
  file('a/b/c/d/deep.bin', 70_000),
  file('Shares/Finance/Quarterly report Q3 2025 (final version, signed).xlsx', 300_001),
  file('Shares/Finance/exactly13char', 4096),
  file('Shares/Finance/Grüße aus Köln.txt', 4097),
  file('Shares/Sales/mixedCase.Html', 513),
  ...Array.from({ length: 300 }, (_, index) => file(`many/invoice number ${index}.pdf`, 600)),
  file('big.mdf', 5 * mebibyte),
];

const volumeOf = (type: FatVolume['type'], offset: number): FatVolume => ({
  type,
  offset,
  length: type === 'fat16' ? 64 * mebibyte : 48 * mebibyte,
  label: 'DATA',
  serial: 0x1234_5678,
  files,
});

const write = (volume: FatVolume): VirtualDiskWriter => {
  const disk = createRawWriter(inFolder('disk.img'), { sizeBytes: volume.offset + volume.length + mebibyte });
  let written = 0;
  for (const bytes of writeFatVolume(disk, volume)) written += bytes;
  expect(written).toBe(volume.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  return disk;
};

const contentOf = (disk: VirtualDiskWriter, { extents }: FatFile): Buffer =>
  Buffer.concat(
    extents.map(({ offset, length }) => {
      const bytes = Buffer.alloc(length);
      disk.read(bytes, offset);
      return bytes;
    }),
  );

const expectedContent = ({ sizeBytes, content }: SampleFile): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  if (sizeBytes > 0) content(bytes, 0);
  return bytes;
};

const tools = (['fsck.vfat', 'mtype'] as const).filter((tool) => spawnSync(tool, ['-V']).error === undefined);
const toolsMissing = tools.length < 2;
if (toolsMissing) console.warn('skipping fsck.vfat and mtools: not installed (Debian: dosfstools mtools)');

describe.each(['fat16', 'fat32'] as const)('a %s volume', (type) => {
  it('holds every file, with its long name and all its bytes', () => {
    const volume = volumeOf(type, mebibyte);
    const disk = write(volume);
    const found = new Map((readFatFiles(disk, volume.offset) ?? []).map((entry) => [entry.path, entry]));
    expect([...found.keys()].toSorted()).toEqual(files.map(({ path }) => path).toSorted());
    for (const expected of files) {
      const entry = found.get(expected.path)!;
      expect(entry.sizeBytes).toBe(expected.sizeBytes);
      expect(contentOf(disk, entry).equals(expectedContent(expected))).toBe(true);
      for (const { offset, length } of entry.extents) {
        expect(offset).toBeGreaterThan(volume.offset);
        expect(offset + length).toBeLessThanOrEqual(volume.offset + volume.length);
      }
    }
    const outside = Buffer.alloc(mebibyte);
    disk.read(outside, 0);
    expect(outside.every((byte) => byte === 0)).toBe(true);
    disk.read(outside, volume.offset + volume.length);
    expect(outside.every((byte) => byte === 0)).toBe(true);
  });

  it.skipIf(toolsMissing)('is clean to fsck.vfat, and mtools reads its files', async () => {
    const disk = write(volumeOf(type, 0));
    await disk.close();
    const checked = spawnSync('fsck.vfat', ['-n', '-v', disk.path], { encoding: 'utf8' });
    expect(checked.stdout).toContain(type === 'fat16' ? '16 bit entries' : '32 bit entries');
    expect([checked.status, checked.stdout.match(/differ|free cluster|wrong|bad|lost/gi)]).toEqual([
      0,
      type === 'fat16' ? null : ['free cluster'],
    ]);
    for (const path of ['a/b/c/d/deep.bin', 'README.TXT', 'many/invoice number 299.pdf']) {
      const content = execFileSync('mtype', ['-i', disk.path, `::/${path}`], { maxBuffer: mebibyte });
      const expected = files.find((entry) => entry.path === path)!;
      expect(content.equals(expectedContent(expected))).toBe(true);
    }
  });
});

describe('making a volume', () => {
  it('refuses a size that the type cannot have, and more files than fit', () => {
    const tooMany = { ...volumeOf('fat16', 0), files: [file('big', 65 * mebibyte)] };
    expect(() => write(tooMany)).toThrow(/too small/);
    const wrong = { ...volumeOf('fat32', 0), length: 16 * mebibyte, files: [] };
    expect(() => [
      ...writeFatVolume(createRawWriter(join(inFolder(), 'b'), { sizeBytes: mebibyte }), wrong),
    ]).toThrow(/wrong size/);
  });

  it('shows no files where there is no FAT', () => {
    const disk = createRawWriter(inFolder('empty.img'), { sizeBytes: mebibyte });
    expect(readFatFiles(disk, 0)).toBeNull();
    expect(readFatFiles(disk, 2 * mebibyte)).toBeNull();
  });
});

describe('sample content', () => {
  it.each([
    ['packed', packedContent(5, 'MZ')],
    ['text', textContent(5)],
    ['web log', webLogContent(5)],
  ])('is the same bytes (%s) whichever part of a file is asked for', (_, content) => {
    const whole = Buffer.alloc(40_000);
    content(whole, 0);
    const part = Buffer.alloc(10_000);
    content(part, 8192);
    expect(part.equals(whole.subarray(8192, 18_192))).toBe(true);
    expect(whole.every((byte) => byte === 0)).toBe(false);
  });
});
