import type { VirtualDiskWriter } from '../disk/virtual-disk.ts';
import {
  attributes,
  type DirectoryEntry,
  directoryEntryBytes,
  encodeDirectory,
  entriesFor,
} from './fat-directory.ts';

/**
 * Makes a FAT16 or FAT32 file system with its files in one go, like a CD is mastered: every size is known before the
 * first byte is written, so that each directory and file is one run of clusters. Source: Microsoft FAT specification.
 *
 *   reserved sectors   boot sector; FAT32: FSInfo in 1, copies of both in 6 and 7
 *   FAT, FAT copy      16 or 28 bits a cluster: next cluster, or end of chain
 *   root directory     FAT16 only: 512 entries; FAT32 keeps it in cluster 2
 *   clusters 2 …       directories, then files
 */

/** Fills `target` with the file's bytes from `offset`, a multiple of 4 KiB. */
export type FileContent = (target: Uint8Array, offset: number) => void;

export interface SampleFile {
  /** With forward slashes, e.g. `inetpub/wwwroot/index.html`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly content: FileContent;
}

export interface FatVolume {
  readonly type: 'fat16' | 'fat32';
  /** Where the partition lies on the disk; both whole sectors. */
  readonly offset: number;
  readonly length: number;
  /** At most 11 upper-case characters. */
  readonly label: string;
  readonly serial: number;
  readonly files: readonly SampleFile[];
}

interface Directory {
  readonly name: string;
  readonly directories: Directory[];
  readonly files: SampleFile[];
  firstCluster: number;
  clusters: number;
}

const sectorBytes = 512;
const fatCopies = 2;
const fat16RootEntries = 512;
const chunkBytes = 1024 * 1024;
const sectorsPerPage = 8;
const longestFat16Clusters = 65_524;

/** Writes the file system; yields the bytes written after each megabyte of files, so that others get their turn. */
export function* writeFatVolume(disk: VirtualDiskWriter, volume: FatVolume): Generator<number> {
  const shape = shapeOf(volume);
  // Disks are written in whole sectors; what lies behind the end of a file or directory reads as zeros.
  const write = (bytes: Buffer, sector: number) => {
    const padded = Buffer.alloc(Math.ceil(bytes.length / sectorBytes) * sectorBytes);
    bytes.copy(padded);
    disk.write(padded, volume.offset + sector * sectorBytes);
  };
  const sectorOf = (cluster: number) => shape.dataSector + (cluster - 2) * shape.sectorsPerCluster;
  const clusterBytes = shape.sectorsPerCluster * sectorBytes;

  const root = treeOf(volume.files);
  const directories = [...walk(root)];
  const chains: { first: number; length: number }[] = [];
  let nextCluster = 2;
  const allocate = (bytes: number): number => {
    const length = Math.ceil(bytes / clusterBytes);
    if (length === 0) return 0;
    if (nextCluster + length > shape.clusters + 2) throw new RangeError(`${volume.label} is too small.`);
    chains.push({ first: nextCluster, length });
    nextCluster += length;
    return nextCluster - length;
  };

  for (const directory of directories) {
    const isRoot = directory === root;
    if (isRoot && volume.type === 'fat16') continue;
    const bytes = directoryEntries(directory) * directoryEntryBytes;
    directory.clusters = Math.max(1, Math.ceil(bytes / clusterBytes));
    directory.firstCluster = allocate(directory.clusters * clusterBytes);
  }
  const fileClusters = new Map<SampleFile, number>();
  for (const { files } of directories) {
    for (const file of files) fileClusters.set(file, allocate(file.sizeBytes));
  }

  const boot = bootSector(volume, shape);
  write(boot, 0);
  if (volume.type === 'fat32') {
    const info = infoSector(shape.clusters + 2 - nextCluster, nextCluster);
    for (const [bytes, sector] of [
      [info, 1],
      [boot, 6],
      [info, 7],
    ] as const)
      write(bytes, sector);
  }
  const table = fatTable(volume.type, chains, nextCluster);
  for (let copy = 0; copy < fatCopies; copy++) write(table, shape.reservedSectors + copy * shape.fatSectors);

  for (const { directory, parent } of withParents(root)) {
    const bytes = encodeDirectory(
      leadOf(directory, parent, volume.label),
      entriesOf(directory, fileClusters),
    );
    write(bytes, directory.firstCluster === 0 ? shape.rootSector : sectorOf(directory.firstCluster));
  }
  for (const [file, firstCluster] of fileClusters) {
    for (let at = 0; at < file.sizeBytes; at += chunkBytes) {
      const bytes = Buffer.alloc(Math.min(chunkBytes, file.sizeBytes - at));
      file.content(bytes, at);
      write(bytes, sectorOf(firstCluster) + at / sectorBytes);
      yield bytes.length;
    }
  }
}

interface Shape {
  readonly sectorsPerCluster: number;
  readonly reservedSectors: number;
  readonly fatSectors: number;
  readonly rootSector: number;
  readonly dataSector: number;
  readonly clusters: number;
}

const shapeOf = (volume: FatVolume): Shape => {
  const sectors = volume.length / sectorBytes;
  const isFat16 = volume.type === 'fat16';
  const rootSectors = isFat16 ? (fat16RootEntries * directoryEntryBytes) / sectorBytes : 0;
  const smallestReserved = isFat16 ? 1 : 32;
  let sectorsPerCluster = isFat16 ? 4 : volume.length <= 260 * chunkBytes ? 1 : 8;
  while (isFat16 && sectors / sectorsPerCluster > longestFat16Clusters) sectorsPerCluster *= 2;

  // The FAT is sized for a volume without a FAT: a few sectors too many, which the specification allows.
  const cells = Math.ceil((sectors - smallestReserved - rootSectors) / sectorsPerCluster) + 2;
  const fatSectors = Math.ceil((cells * (isFat16 ? 2 : 4)) / sectorBytes);
  const unaligned = smallestReserved + fatCopies * fatSectors + rootSectors;
  // Clusters start on whole 4 KiB pages of the disk, as today's formatters have it.
  const dataSector = Math.ceil(unaligned / sectorsPerPage) * sectorsPerPage;
  const clusters = Math.floor((sectors - dataSector) / sectorsPerCluster);
  // FAT has no type field: the number of clusters is what tells a reader which one it is.
  if (isFat16 ? clusters < 4_085 || clusters > longestFat16Clusters : clusters <= longestFat16Clusters) {
    throw new RangeError(`${volume.label} has the wrong size for ${volume.type}.`);
  }
  return {
    sectorsPerCluster,
    reservedSectors: smallestReserved + dataSector - unaligned,
    fatSectors,
    rootSector: dataSector - rootSectors,
    dataSector,
    clusters,
  };
};

/**
 * Boot sector: 3 OEM name  11 sector bytes  13 sectors per cluster  14 reserved  16 FATs  17 root entries  21 media
 * 22 FAT16 sectors of a FAT  24 geometry  28 sectors before  32 sectors; FAT16 from 36, FAT32 from 64: drive,
 * signature, serial, label, type. FAT32: 36 sectors of a FAT  44 root cluster  48 FSInfo  50 boot copy.
 */
const bootSector = (volume: FatVolume, shape: Shape): Buffer => {
  const isFat16 = volume.type === 'fat16';
  const bytes = Buffer.alloc(sectorBytes);
  const codeAt = isFat16 ? 62 : 90;
  bytes.set([0xeb, codeAt - 2, 0x90]);
  bytes.write('MSDOS5.0', 3, 'latin1');
  bytes.writeUInt16LE(sectorBytes, 11);
  bytes[13] = shape.sectorsPerCluster;
  bytes.writeUInt16LE(shape.reservedSectors, 14);
  bytes[16] = fatCopies;
  bytes.writeUInt16LE(isFat16 ? fat16RootEntries : 0, 17);
  bytes[21] = 0xf8;
  bytes.writeUInt16LE(isFat16 ? shape.fatSectors : 0, 22);
  bytes.writeUInt16LE(63, 24);
  bytes.writeUInt16LE(255, 26);
  bytes.writeUInt32LE(volume.offset / sectorBytes, 28);
  bytes.writeUInt32LE(volume.length / sectorBytes, 32);
  if (!isFat16) {
    bytes.writeUInt32LE(shape.fatSectors, 36);
    bytes.writeUInt32LE(2, 44);
    bytes.writeUInt16LE(1, 48);
    bytes.writeUInt16LE(6, 50);
  }
  const tailAt = isFat16 ? 36 : 64;
  bytes[tailAt] = 0x80;
  bytes[tailAt + 2] = 0x29;
  bytes.writeUInt32LE(volume.serial, tailAt + 3);
  bytes.write(volume.label.padEnd(11), tailAt + 7, 'latin1');
  bytes.write(isFat16 ? 'FAT16   ' : 'FAT32   ', tailAt + 18, 'latin1');
  bytes.set([0xfa, 0xf4, 0xeb, 0xfd], codeAt); // cli; hlt; jmp -1
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
};

const infoSector = (freeClusters: number, nextCluster: number): Buffer => {
  const bytes = Buffer.alloc(sectorBytes);
  bytes.write('RRaA', 0, 'latin1');
  bytes.write('rrAa', 484, 'latin1');
  bytes.writeUInt32LE(freeClusters, 488);
  bytes.writeUInt32LE(nextCluster, 492);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
};

/** Only as far as clusters are used: behind that the fresh disk reads as zeros, which means free. */
const fatTable = (
  type: FatVolume['type'],
  chains: readonly { first: number; length: number }[],
  nextCluster: number,
): Buffer => {
  const cellBytes = type === 'fat16' ? 2 : 4;
  const bytes = Buffer.alloc(Math.ceil((nextCluster * cellBytes) / sectorBytes) * sectorBytes);
  const set = (cluster: number, value: number) =>
    type === 'fat16'
      ? bytes.writeUInt16LE(value & 0xffff, cluster * cellBytes)
      : bytes.writeUInt32LE(value & 0x0fff_ffff, cluster * cellBytes);
  set(0, 0x0fff_fff8); // media byte
  set(1, 0x0fff_ffff); // cleanly unmounted, no read errors
  for (const { first, length } of chains) {
    for (let cluster = first; cluster < first + length - 1; cluster++) set(cluster, cluster + 1);
    set(first + length - 1, 0x0fff_ffff);
  }
  return bytes;
};

const emptyDirectory = (name: string): Directory => ({
  name,
  directories: [],
  files: [],
  firstCluster: 0,
  clusters: 0,
});

const treeOf = (files: readonly SampleFile[]): Directory => {
  const root = emptyDirectory('');
  for (const file of files) {
    let at = root;
    for (const name of file.path.split('/').slice(0, -1)) {
      let next = at.directories.find((directory) => directory.name === name);
      if (next === undefined) {
        next = emptyDirectory(name);
        at.directories.push(next);
      }
      at = next;
    }
    at.files.push(file);
  }
  return root;
};

function* walk(directory: Directory): Generator<Directory> {
  yield directory;
  for (const child of directory.directories) yield* walk(child);
}

function* withParents(root: Directory): Generator<{ directory: Directory; parent: Directory | null }> {
  yield { directory: root, parent: null };
  for (const parent of walk(root)) {
    for (const directory of parent.directories) yield { directory, parent };
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const directoryEntries = ({ directories, files }: Directory): number =>
  [...directories.map(({ name }) => name), ...files.map(({ path }) => baseName(path))].reduce(
    (sum, name) => sum + entriesFor(name),
    2,
  );

const leadOf = (directory: Directory, parent: Directory | null, label: string): readonly DirectoryEntry[] => {
  if (parent === null) {
    return [{ name: label, attribute: attributes.volumeLabel, firstCluster: 0, sizeBytes: 0 }];
  }
  const link = (name: string, firstCluster: number): DirectoryEntry => ({
    name,
    attribute: attributes.directory,
    firstCluster,
    sizeBytes: 0,
  });
  // `..` of a first-level directory is 0 even where the root has a cluster of its own.
  return [link('.', directory.firstCluster), link('..', parent.name === '' ? 0 : parent.firstCluster)];
};

const entriesOf = (
  { directories, files }: Directory,
  fileClusters: ReadonlyMap<SampleFile, number>,
): readonly DirectoryEntry[] => [
  ...directories.map(({ name, firstCluster }) => ({
    name,
    attribute: attributes.directory,
    firstCluster,
    sizeBytes: 0,
  })),
  ...files.map((file) => ({
    name: baseName(file.path),
    attribute: attributes.archive,
    firstCluster: fileClusters.get(file) ?? 0,
    sizeBytes: file.sizeBytes,
  })),
];
