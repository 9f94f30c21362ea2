import { crc32 } from 'node:zlib';
import type { VirtualDisk } from '../../disk/virtual-disk.ts';

/**
 * MBR, sector 0:                         GPT header, sector 1 (copy in the last sector), little-endian:
 *   446  4 × 16 bytes partition            0 `EFI PART`   8 revision    12 header bytes   16 CRC-32 (field zeroed)
 *     +0  status, 0x80 active             24 own LBA     32 other LBA   40 first usable   48 last usable
 *     +4  type, 0xEE: see the GPT         56 disk GUID   72 entries LBA 80 entry count    84 entry bytes
 *     +8  first sector u32                88 CRC-32 of the entries
 *     +12 sectors u32                    GPT entry: 0 type GUID  16 own GUID  32 first LBA  40 last LBA
 *   510  55 AA                                      48 attributes  56 name UTF-16LE, 72 bytes
 */

export interface Partition {
  /** GPT: type GUID, lower case. MBR: type byte as two hexadecimal digits. */
  readonly type: string;
  /** Bytes on the virtual disk. */
  readonly offset: number;
  readonly length: number;
  /** MBR: marked active. GPT: an EFI system partition. */
  readonly bootable: boolean;
}

export interface PartitionTable {
  readonly scheme: 'mbr' | 'gpt';
  readonly partitions: readonly Partition[];
}

type PartitionedDisk = Pick<VirtualDisk, 'read' | 'sizeBytes' | 'logicalSectorBytes'>;

const efiSystemPartition = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const protectiveType = 0xee;
const unusedGuid = '00000000-0000-0000-0000-000000000000';
/** Far more than the 16 KiB that every tool writes; a lying header must not cost memory. */
const mostEntriesBytes = 1024 * 1024;

/** The partition table of a disk, or null where there is none that holds together. Reads at most a megabyte. */
export const readPartitionTable = (disk: PartitionedDisk): PartitionTable | null => {
  if (disk.sizeBytes < 2 * disk.logicalSectorBytes) return null;
  const sector = read(disk, 0, 512);
  if (sector.readUInt16LE(510) !== 0xaa55) return null;
  const partitions = mbrPartitions(disk, sector);
  if (partitions === null) return null;
  if (!partitions.some((partition) => Number.parseInt(partition.type, 16) === protectiveType)) {
    return partitions.length === 0 ? null : { scheme: 'mbr', partitions };
  }
  const lastSector = Math.floor(disk.sizeBytes / disk.logicalSectorBytes) - 1;
  const entries = gptPartitions(disk, 1) ?? gptPartitions(disk, lastSector);
  return entries === null ? null : { scheme: 'gpt', partitions: entries };
};

/** Null when these are no partition entries: the boot sector of an unpartitioned file system also ends in 55 AA. */
const mbrPartitions = (disk: PartitionedDisk, sector: Buffer): Partition[] | null => {
  const partitions: Partition[] = [];
  for (let at = 446; at < 510; at += 16) {
    const status = sector[at]!;
    if (status !== 0x00 && status !== 0x80) return null;
    const type = sector[at + 4]!;
    if (type === 0) continue;
    const offset = sector.readUInt32LE(at + 8) * disk.logicalSectorBytes;
    const length = sector.readUInt32LE(at + 12) * disk.logicalSectorBytes;
    if (offset === 0 || offset >= disk.sizeBytes) return null;
    partitions.push({
      type: type.toString(16).padStart(2, '0'),
      offset,
      length: Math.min(length, disk.sizeBytes - offset),
      bootable: status === 0x80,
    });
  }
  return partitions;
};

const gptPartitions = (disk: PartitionedDisk, headerSector: number): Partition[] | null => {
  const sectorBytes = disk.logicalSectorBytes;
  const header = read(disk, headerSector * sectorBytes, sectorBytes);
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return null;
  const headerBytes = header.readUInt32LE(12);
  if (headerBytes < 92 || headerBytes > sectorBytes) return null;
  const headerCrc = header.readUInt32LE(16);
  header.writeUInt32LE(0, 16);
  if (crc32(header.subarray(0, headerBytes)) !== headerCrc) return null;

  const entriesOffset = Number(header.readBigUInt64LE(72)) * sectorBytes;
  const count = header.readUInt32LE(80);
  const entryBytes = header.readUInt32LE(84);
  if (entryBytes < 128 || count * entryBytes > mostEntriesBytes) return null;
  if (entriesOffset + count * entryBytes > disk.sizeBytes) return null;
  const entries = read(disk, entriesOffset, count * entryBytes);
  if (crc32(entries) !== header.readUInt32LE(88)) return null;

  const partitions: Partition[] = [];
  for (let at = 0; at < entries.length; at += entryBytes) {
    const type = guidAt(entries, at);
    if (type === unusedGuid) continue;
    const first = Number(entries.readBigUInt64LE(at + 32));
    const last = Number(entries.readBigUInt64LE(at + 40));
    if (last < first || (last + 1) * sectorBytes > disk.sizeBytes) continue;
    partitions.push({
      type,
      offset: first * sectorBytes,
      length: (last + 1 - first) * sectorBytes,
      bootable: type === efiSystemPartition,
    });
  }
  return partitions;
};

const read = (disk: PartitionedDisk, offset: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  disk.read(bytes, offset);
  return bytes;
};

/** The first three groups of a GUID on disk are little-endian. */
const guidAt = (bytes: Buffer, at: number): string => {
  const group = (from: number, to: number) => bytes.toString('hex', at + from, at + to);
  const swapped = (from: number, to: number) =>
    Buffer.from(bytes.subarray(at + from, at + to))
      .reverse()
      .toString('hex');
  return `${swapped(0, 4)}-${swapped(4, 6)}-${swapped(6, 8)}-${group(8, 10)}-${group(10, 16)}`;
};
