import type { Extent, VirtualDisk } from '../disk/virtual-disk.ts';

/** A file found on a FAT volume, and where its bytes lie on the disk. */
export interface FatFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Ascending in the file; the last one is cut to the file's size. */
  readonly extents: readonly Extent[];
}

type ReadableDisk = Pick<VirtualDisk, 'read' | 'sizeBytes'>;

/** Every file of the FAT16 or FAT32 volume at `offset`, or null where there is none. Offsets are the disk's. */
export const readFatFiles = (disk: ReadableDisk, offset: number): readonly FatFile[] | null => {
  const boot = Buffer.alloc(512);
  if (offset + boot.length > disk.sizeBytes) return null;
  disk.read(boot, offset);
  const sectorBytes = boot.readUInt16LE(11);
  const clusterSectors = boot[13]!;
  if (boot.readUInt16LE(510) !== 0xaa55 || sectorBytes !== 512 || clusterSectors === 0) return null;
  const fatSectors = boot.readUInt16LE(22) || boot.readUInt32LE(36);
  const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32);
  const rootEntries = boot.readUInt16LE(17);
  const fatOffset = offset + boot.readUInt16LE(14) * sectorBytes;
  const rootOffset = fatOffset + boot[16]! * fatSectors * sectorBytes;
  const dataOffset = rootOffset + Math.ceil((rootEntries * 32) / sectorBytes) * sectorBytes;
  const clusterBytes = clusterSectors * sectorBytes;
  const clusters = Math.floor((sectors - (dataOffset - offset) / sectorBytes) / clusterSectors);
  if (clusters < 4_085) return null; // FAT12, or no FAT at all
  const is16 = clusters < 65_525;

  const cell = Buffer.alloc(4);
  const next = (cluster: number): number => {
    disk.read(is16 ? cell.subarray(0, 2) : cell, fatOffset + cluster * (is16 ? 2 : 4));
    return is16 ? cell.readUInt16LE(0) : cell.readUInt32LE(0) & 0x0fff_ffff;
  };
  const extentsOf = (firstCluster: number): Extent[] => {
    const extents: { offset: number; length: number }[] = [];
    let steps = 0;
    for (let at = firstCluster; at >= 2 && at < clusters + 2 && steps <= clusters; at = next(at), steps++) {
      const clusterOffset = dataOffset + (at - 2) * clusterBytes;
      const last = extents.at(-1);
      if (last !== undefined && last.offset + last.length === clusterOffset) last.length += clusterBytes;
      else extents.push({ offset: clusterOffset, length: clusterBytes });
    }
    return extents;
  };
  const bytesOf = (extents: readonly Extent[]): Buffer =>
    Buffer.concat(
      extents.map((extent) => {
        const bytes = Buffer.alloc(extent.length);
        disk.read(bytes, extent.offset);
        return bytes;
      }),
    );

  const files: FatFile[] = [];
  const seen = new Set<number>();
  const visit = (entries: Buffer, prefix: string): void => {
    let longName = '';
    for (let at = 0; at + 32 <= entries.length && entries[at] !== 0; at += 32) {
      const entry = entries.subarray(at, at + 32);
      const attribute = entry[11]!;
      if (attribute === 0x0f) {
        longName = longNamePiece(entry) + longName;
        continue;
      }
      const name = longName === '' ? shortName(entry) : longName;
      longName = '';
      if (entry[0] === 0xe5 || (attribute & 0x08) !== 0 || name === '.' || name === '..') continue;
      const firstCluster = (entry.readUInt16LE(20) << 16) | entry.readUInt16LE(26);
      if ((attribute & 0x10) === 0) {
        const sizeBytes = entry.readUInt32LE(28);
        files.push({ path: prefix + name, sizeBytes, extents: cut(extentsOf(firstCluster), sizeBytes) });
      } else if (!seen.has(firstCluster)) {
        seen.add(firstCluster);
        visit(bytesOf(extentsOf(firstCluster)), `${prefix}${name}/`);
      }
    }
  };
  if (is16) visit(bytesOf([{ offset: rootOffset, length: rootEntries * 32 }]), '');
  else visit(bytesOf(extentsOf(boot.readUInt32LE(44))), '');
  return files;
};

const longNamePiece = (entry: Buffer): string => {
  const text = Buffer.concat([entry.subarray(1, 11), entry.subarray(14, 26), entry.subarray(28, 32)]);
  return text
    .toString('utf16le')
    .replace(/\0.*$/s, '')
    .replace(/\uffff+$/, '');
};

const shortName = (entry: Buffer): string => {
  const base = entry.toString('latin1', 0, 8).trimEnd();
  const extension = entry.toString('latin1', 8, 11).trimEnd();
  return extension === '' ? base : `${base}.${extension}`;
};

const cut = (extents: readonly Extent[], sizeBytes: number): readonly Extent[] => {
  const kept: Extent[] = [];
  let left = sizeBytes;
  for (const { offset, length } of extents) {
    if (left <= 0) break;
    kept.push({ offset, length: Math.min(length, left) });
    left -= length;
  }
  return kept;
};
