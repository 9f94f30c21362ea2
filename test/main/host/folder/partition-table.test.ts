import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRawWriter } from '../../../../src/main/disk/raw/raw-writer.ts';
import type { VirtualDiskWriter } from '../../../../src/main/disk/virtual-disk.ts';
import { readPartitionTable } from '../../../../src/main/host/folder/partition-table.ts';
import { gptTypes, writeGpt, writeMbr } from '../../../../src/main/sample/partitions.ts';
import { makeRoot, mebibyte } from './site.ts';

const sectorBytes = 512;
const sizeBytes = 64 * mebibyte;

/** A disk in a file, seen as its partition table's reader sees it. */
const newDisk = (): VirtualDiskWriter & { logicalSectorBytes: number } =>
  Object.assign(createRawWriter(join(makeRoot(), 'disk.img'), { sizeBytes }), {
    logicalSectorBytes: sectorBytes,
  });

const system = {
  type: 'efiSystem',
  name: 'EFI system partition',
  offset: mebibyte,
  length: 16 * mebibyte,
  id: '00000000-0000-4000-8000-000000000001',
} as const;
const data = {
  ...system,
  type: 'basicData',
  name: 'Basic data partition',
  offset: 17 * mebibyte,
  id: '00000000-0000-4000-8000-000000000002',
} as const;
const diskGuid = '00000000-0000-4000-8000-000000000003';

const change = (disk: VirtualDiskWriter, offset: number, edit: (sector: Buffer) => void) => {
  const sector = Buffer.alloc(sectorBytes);
  disk.read(sector, offset);
  edit(sector);
  disk.write(sector, offset);
};
const damage = (disk: VirtualDiskWriter, offset: number) =>
  change(disk, offset, (sector) => {
    sector[60]! ^= 1;
  });
const lastSector = sizeBytes - sectorBytes;

describe('a partition table', () => {
  it('is absent on an empty disk, and on one smaller than two sectors', () => {
    expect(readPartitionTable(newDisk())).toBeNull();
    expect(readPartitionTable({ sizeBytes: 512, logicalSectorBytes: 512, read: () => {} })).toBeNull();
  });

  it('of the old kind gives type, place and the active one', () => {
    const disk = newDisk();
    const active = { type: 0x0e, offset: mebibyte, length: 8 * mebibyte, active: true };
    const other = { type: 0x83, offset: 9 * mebibyte, length: 8 * mebibyte, active: false };
    writeMbr(disk, [active, other], 7);
    expect(readPartitionTable(disk)).toEqual({
      scheme: 'mbr',
      partitions: [
        { type: '0e', offset: mebibyte, length: 8 * mebibyte, bootable: true },
        { type: '83', offset: 9 * mebibyte, length: 8 * mebibyte, bootable: false },
      ],
    });
  });

  it('is not seen in the boot sector of an unpartitioned file system', () => {
    const disk = newDisk();
    writeMbr(disk, [{ type: 0x0e, offset: mebibyte, length: mebibyte, active: true }], 7);
    change(disk, 0, (sector) => sector.fill(0x6f, 400, 500));
    expect(readPartitionTable(disk)).toBeNull();
  });

  const expected = {
    scheme: 'gpt',
    partitions: [
      { type: gptTypes.efiSystem, offset: mebibyte, length: 16 * mebibyte, bootable: true },
      { type: gptTypes.basicData, offset: 17 * mebibyte, length: 16 * mebibyte, bootable: false },
    ],
  };

  it('of the new kind is read from its beginning, from its copy when that is damaged, and not at all without either', () => {
    const disk = newDisk();
    writeGpt(disk, [system, data], diskGuid);
    expect(readPartitionTable(disk)).toEqual(expected);
    damage(disk, sectorBytes);
    expect(readPartitionTable(disk)).toEqual(expected);
    damage(disk, lastSector);
    expect(readPartitionTable(disk)).toBeNull();
  });

  it('of the new kind is read from its copy when the entries do not match their checksum', () => {
    const disk = newDisk();
    writeGpt(disk, [system, data], diskGuid);
    damage(disk, 2 * sectorBytes);
    expect(readPartitionTable(disk)).toEqual(expected);
    damage(disk, lastSector - 32 * sectorBytes);
    expect(readPartitionTable(disk)).toBeNull();
  });

  it.each([
    ['claims four thousand million entries', 80, 0xffff_ffff],
    ['claims entries of a gigabyte', 84, 0x4000_0000],
    ['claims entries of a byte', 84, 1],
    ['claims a header longer than its sector', 12, 4096],
    ['puts its entries beyond the disk', 72, 0x7fff_ffff],
  ])('that %s is not believed, right checksum or not', (_, field, value) => {
    const disk = newDisk();
    writeGpt(disk, [system, data], diskGuid);
    for (const offset of [sectorBytes, lastSector]) {
      change(disk, offset, (header) => {
        header.writeUInt32LE(value, field);
        header.writeUInt32LE(0, 16);
        header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
      });
    }
    expect(readPartitionTable(disk)).toBeNull();
  });
});
