import type { DiskKind } from '../../../contract/model.ts';
import type { ByteSource } from '../byte-source.ts';
import type { ParentReference } from '../virtual-disk.ts';
import { readGuid, writeGuid } from './guid.ts';
import { decodeParentLocator, encodeParentLocator, type ParentLocation } from './parent-locator.ts';
import type { Region } from './region-table.ts';
import { corrupt, unsupported, vhdxError } from './vhdx-error.ts';
import { kib, maxBlockBytes, maxDiskBytes, metadataGuids, mib, minBlockBytes } from './vhdx-format.ts';

/**
 * The metadata region: a table of 64 KiB, then the items it names (offsets from the region's start):
 *
 * ```
 * 0 'metadata' │ 8 reserved │ 10 entry count u16 │ 32 entries of 32 bytes:
 *     0 GUID │ 16 offset u32 │ 20 length u32 │ 24 flags: 1 user, 2 virtual disk, 4 required │ 28 reserved
 * ```
 */
export interface Metadata {
  readonly blockBytes: number;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly diskId: string;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly parent: ParentReference | null;
}

/** What a new file's metadata say. */
export interface NewMetadata extends Omit<Metadata, 'parent' | 'kind'> {
  readonly parent: ParentLocation | null;
}

interface Item {
  readonly offset: number;
  readonly length: number;
}

const tableBytes = 64 * kib;
const entryBytes = 32;
const maxEntries = 2047;
const maxItemBytes = mib;
const flags = { user: 1, virtualDisk: 2, required: 4 } as const;
const fileFlags = { leaveAllocated: 1, hasParent: 2 } as const;

/** The first 1 MiB of a metadata region. */
export const encodeMetadata = (metadata: NewMetadata): Buffer => {
  const ofFile = flags.required;
  const ofDisk = flags.required | flags.virtualDisk;
  const fileParameters = u32(metadata.blockBytes, metadata.parent === null ? 0 : fileFlags.hasParent);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(metadata.sizeBytes));
  const diskId = Buffer.alloc(16);
  writeGuid(metadata.diskId, diskId, 0);
  const items: [guid: string, flags: number, content: Buffer][] = [
    [metadataGuids.fileParameters, ofFile, fileParameters],
    [metadataGuids.virtualDiskSize, ofDisk, size],
    [metadataGuids.virtualDiskId, ofDisk, diskId],
    [metadataGuids.logicalSectorSize, ofDisk, u32(metadata.logicalSectorBytes)],
    [metadataGuids.physicalSectorSize, ofDisk, u32(metadata.physicalSectorBytes)],
  ];
  if (metadata.parent !== null)
    items.push([metadataGuids.parentLocator, ofFile, encodeParentLocator(metadata.parent)]);

  const region = Buffer.alloc(mib);
  region.write('metadata', 0, 'latin1');
  region.writeUInt16LE(items.length, 10);
  let offset = tableBytes;
  items.forEach(([guid, itemFlags, content], index) => {
    const at = entryBytes + index * entryBytes;
    writeGuid(guid, region, at);
    region.writeUInt32LE(offset, at + 16);
    region.writeUInt32LE(content.length, at + 20);
    region.writeUInt32LE(itemFlags, at + 24);
    content.copy(region, offset);
    offset += content.length;
  });
  return region;
};

const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
};

/** @throws ReplicationError `DISK_CORRUPT`, `DISK_UNSUPPORTED`, `DISK_TOO_LARGE` */
export const readMetadata = (source: ByteSource, region: Region): Metadata => {
  const { path } = source;
  const items = readItems(source, region);
  const read = (guid: string, length?: number): Buffer => {
    const item = items.get(guid);
    if (item === undefined || (length !== undefined && item.length !== length))
      throw corrupt(path, `The metadata item ${guid} is missing or has a wrong size`, region.offset);
    const bytes = Buffer.alloc(item.length);
    source.read(bytes, region.offset + item.offset);
    return bytes;
  };

  const fileParameters = read(metadataGuids.fileParameters, 8);
  const blockBytes = fileParameters.readUInt32LE(0);
  const bits = fileParameters.readUInt32LE(4);
  const size = read(metadataGuids.virtualDiskSize, 8).readBigUInt64LE(0);
  const logicalSectorBytes = read(metadataGuids.logicalSectorSize, 4).readUInt32LE(0);
  const physicalSectorBytes = read(metadataGuids.physicalSectorSize, 4).readUInt32LE(0);

  const isPowerOfTwo = (blockBytes & (blockBytes - 1)) === 0;
  if (!isPowerOfTwo || blockBytes < minBlockBytes || blockBytes > maxBlockBytes)
    throw corrupt(path, `The block size ${blockBytes} is not possible`);
  for (const sectorBytes of [logicalSectorBytes, physicalSectorBytes]) {
    if (sectorBytes !== 512 && sectorBytes !== 4096)
      throw corrupt(path, `The sector size ${sectorBytes} is not possible`);
  }
  if (size > BigInt(maxDiskBytes))
    throw vhdxError('DISK_TOO_LARGE', path, `The disk claims ${size} bytes, more than 64 TB`);
  const sizeBytes = Number(size);
  if (sizeBytes === 0 || sizeBytes % logicalSectorBytes !== 0)
    throw corrupt(path, `The disk size ${size} is not a whole number of sectors`);

  const hasParent = (bits & fileFlags.hasParent) !== 0;
  return {
    blockBytes,
    kind: hasParent ? 'differencing' : (bits & fileFlags.leaveAllocated) !== 0 ? 'fixed' : 'dynamic',
    sizeBytes,
    diskId: readGuid(read(metadataGuids.virtualDiskId, 16), 0),
    logicalSectorBytes,
    physicalSectorBytes,
    parent: hasParent ? decodeParentLocator(path, read(metadataGuids.parentLocator)) : null,
  };
};

const readItems = (source: ByteSource, region: Region): Map<string, Item> => {
  const { path } = source;
  if (region.length < tableBytes) throw corrupt(path, 'The metadata region is too small', region.offset);
  const table = Buffer.alloc(tableBytes);
  source.read(table, region.offset);
  if (table.toString('latin1', 0, 8) !== 'metadata')
    throw corrupt(path, 'The metadata table has no signature', region.offset);
  const count = table.readUInt16LE(10);
  if (count > maxEntries) throw corrupt(path, 'The metadata table claims too many entries', region.offset);

  const known: readonly string[] = Object.values(metadataGuids);
  const seen = new Set<string>();
  const system = new Map<string, Item>();
  const placed: Item[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = entryBytes + index * entryBytes;
    const guid = readGuid(table, at);
    const item = { offset: table.readUInt32LE(at + 16), length: table.readUInt32LE(at + 20) };
    const itemFlags = table.readUInt32LE(at + 24);
    const isUser = (itemFlags & flags.user) !== 0;
    const isEmpty = item.length === 0 && item.offset === 0;
    if (!isEmpty && !fits(item, region)) throw corrupt(path, `The metadata item ${guid} leaves its region`);
    const key = `${guid}/${isUser}`;
    if (seen.has(key)) throw corrupt(path, `The metadata item ${guid} is listed twice`);
    seen.add(key);
    if ((itemFlags & flags.required) !== 0 && (isUser || !known.includes(guid)))
      throw unsupported(path, `The file needs the unknown metadata item ${guid}`, region.offset + at);
    if (!isEmpty) placed.push(item);
    if (!isUser) system.set(guid, item);
  }
  placed.sort((a, b) => a.offset - b.offset);
  placed.forEach((item, index) => {
    const next = placed[index + 1];
    if (next !== undefined && item.offset + item.length > next.offset)
      throw corrupt(path, 'Two metadata items overlap', region.offset + next.offset);
  });
  return system;
};

const fits = (item: Item, region: Region): boolean =>
  item.length > 0 &&
  item.length <= maxItemBytes &&
  item.offset >= tableBytes &&
  item.offset + item.length <= region.length;
