import { crc32 } from 'node:zlib';
import type { VirtualDiskWriter } from '../disk/virtual-disk.ts';

/** Writes the partition tables of sample disks. Layouts: host/folder/partition-table.ts, which reads them back. */

export interface MbrPartition {
  /** Partition type byte, e.g. 0x0e FAT16 LBA, 0x0c FAT32 LBA. */
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  readonly active: boolean;
}

export interface GptPartition {
  readonly type: keyof typeof gptTypes;
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  /** The partition's own GUID. */
  readonly id: string;
}

export const gptTypes = {
  efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  microsoftReserved: 'e3c9e316-0b5c-4db8-817d-f92df00215ae',
  basicData: 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7',
} as const;

const sectorBytes = 512;
const entryCount = 128;
const entryBytes = 128;
const entriesSectors = (entryCount * entryBytes) / sectorBytes;

export const writeMbr = (
  disk: VirtualDiskWriter,
  partitions: readonly MbrPartition[],
  diskSignature: number,
) => {
  const sector = mbrSector(diskSignature);
  for (const [index, partition] of partitions.entries()) {
    const at = 446 + index * 16;
    sector[at] = partition.active ? 0x80 : 0x00;
    // A CHS address cannot say where these partitions lie; FE FF FF tells every reader to use the sector numbers.
    sector.set([0xfe, 0xff, 0xff], at + 1);
    sector[at + 4] = partition.type;
    sector.set([0xfe, 0xff, 0xff], at + 5);
    sector.writeUInt32LE(partition.offset / sectorBytes, at + 8);
    sector.writeUInt32LE(partition.length / sectorBytes, at + 12);
  }
  disk.write(sector, 0);
};

/** Protective MBR, primary table, and the backup at the end of the disk. */
export const writeGpt = (disk: VirtualDiskWriter, partitions: readonly GptPartition[], diskGuid: string) => {
  const lastSector = disk.sizeBytes / sectorBytes - 1;

  const protective = mbrSector(0);
  protective.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446);
  protective.writeUInt32LE(1, 446 + 8);
  protective.writeUInt32LE(Math.min(lastSector, 0xffff_ffff), 446 + 12);
  disk.write(protective, 0);

  const entries = Buffer.alloc(entryCount * entryBytes);
  for (const [index, partition] of partitions.entries()) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes);
    guidBytes(gptTypes[partition.type]).copy(entry, 0);
    guidBytes(partition.id).copy(entry, 16);
    entry.writeBigUInt64LE(BigInt(partition.offset / sectorBytes), 32);
    entry.writeBigUInt64LE(BigInt((partition.offset + partition.length) / sectorBytes - 1), 40);
    entry.write(partition.name, 56, 72, 'utf16le');
  }

  const header = (own: number, other: number, entriesSector: number): Buffer => {
    const bytes = Buffer.alloc(sectorBytes);
    bytes.write('EFI PART', 'latin1');
    bytes.writeUInt32LE(0x0001_0000, 8);
    bytes.writeUInt32LE(92, 12);
    bytes.writeBigUInt64LE(BigInt(own), 24);
    bytes.writeBigUInt64LE(BigInt(other), 32);
    bytes.writeBigUInt64LE(BigInt(2 + entriesSectors), 40);
    bytes.writeBigUInt64LE(BigInt(lastSector - entriesSectors - 1), 48);
    guidBytes(diskGuid).copy(bytes, 56);
    bytes.writeBigUInt64LE(BigInt(entriesSector), 72);
    bytes.writeUInt32LE(entryCount, 80);
    bytes.writeUInt32LE(entryBytes, 84);
    bytes.writeUInt32LE(crc32(entries), 88);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
    return bytes;
  };
  disk.write(header(1, lastSector, 2), sectorBytes);
  disk.write(entries, 2 * sectorBytes);
  disk.write(entries, (lastSector - entriesSectors) * sectorBytes);
  disk.write(header(lastSector, 1, lastSector - entriesSectors), lastSector * sectorBytes);
};

const mbrSector = (diskSignature: number): Buffer => {
  const sector = Buffer.alloc(sectorBytes);
  sector.set([0xfa, 0xf4, 0xeb, 0xfd]); // cli; hlt; jmp -1: a sample boots nothing
  sector.writeUInt32LE(diskSignature, 440);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
};

const guidBytes = (guid: string): Buffer => {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
};
