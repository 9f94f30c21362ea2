import type { ByteSource } from '../byte-source.ts';
import { hasValidChecksum, sealStructure } from './checksum.ts';
import { readGuid, writeGuid } from './guid.ts';
import { corrupt, truncated, unsupported } from './vhdx-error.ts';
import { mib, regionGuids, regionTableBytes, regionTableOffsets } from './vhdx-format.ts';

/**
 * The region table, 64 KiB, at 192 KiB and again at 256 KiB:
 *
 * ```
 * 0 'regi' │ 4 CRC-32C │ 8 entry count u32 │ 12 reserved │ 16 entries of 32 bytes:
 *     0 GUID │ 16 file offset u64 │ 24 length u32 │ 28 required (bit 0)
 * ```
 */
export interface Region {
  readonly guid: string;
  readonly offset: number;
  readonly length: number;
  readonly required: boolean;
}

export interface Regions {
  readonly bat: Region;
  readonly metadata: Region;
  /** Every region, known or not: no block may lie in any of them. */
  readonly all: readonly Region[];
}

const maxEntries = 2047;
const entryBytes = 32;
const tableHeaderBytes = 16;

export const encodeRegionTable = (regions: readonly Region[]): Buffer => {
  const bytes = Buffer.alloc(regionTableBytes);
  bytes.write('regi', 0, 'latin1');
  bytes.writeUInt32LE(regions.length, 8);
  regions.forEach((region, index) => {
    const at = tableHeaderBytes + index * entryBytes;
    writeGuid(region.guid, bytes, at);
    bytes.writeBigUInt64LE(BigInt(region.offset), at + 16);
    bytes.writeUInt32LE(region.length, at + 24);
    bytes.writeUInt32LE(region.required ? 1 : 0, at + 28);
  });
  sealStructure(bytes);
  return bytes;
};

/**
 * Reads the region table, the second copy when the first is damaged.
 * @throws ReplicationError `DISK_CORRUPT`, `DISK_TRUNCATED`, `DISK_UNSUPPORTED` for a required region nobody here knows
 */
export const readRegions = (source: ByteSource): Regions => {
  const { path } = source;
  for (const offset of regionTableOffsets) {
    const bytes = Buffer.alloc(regionTableBytes);
    source.read(bytes, offset);
    if (bytes.toString('latin1', 0, 4) === 'regi' && hasValidChecksum(bytes))
      return checkRegions(source, decodeEntries(path, bytes, offset));
  }
  throw corrupt(path, 'Neither of the two region tables is valid', regionTableOffsets[0]);
};

const decodeEntries = (path: string, bytes: Buffer, tableOffset: number): Region[] => {
  const count = bytes.readUInt32LE(8);
  if (count > maxEntries) throw corrupt(path, 'The region table claims too many entries', tableOffset);
  return Array.from({ length: count }, (_, index) => {
    const at = tableHeaderBytes + index * entryBytes;
    const offset = bytes.readBigUInt64LE(at + 16);
    const length = bytes.readUInt32LE(at + 24);
    const isPlausible =
      offset >= BigInt(mib) &&
      offset % BigInt(mib) === 0n &&
      offset <= BigInt(Number.MAX_SAFE_INTEGER) &&
      length % mib === 0;
    if (!isPlausible) throw corrupt(path, 'A region lies where none can be', tableOffset + at);
    return {
      guid: readGuid(bytes, at),
      offset: Number(offset),
      length,
      required: (bytes.readUInt32LE(at + 28) & 1) !== 0,
    };
  });
};

const checkRegions = (source: ByteSource, all: readonly Region[]): Regions => {
  const { path } = source;
  const byGuid = new Map(all.map((region) => [region.guid, region]));
  if (byGuid.size !== all.length) throw corrupt(path, 'A region is listed twice');
  const known: readonly string[] = Object.values(regionGuids);
  for (const region of all) {
    if (!known.includes(region.guid) && region.required)
      throw unsupported(path, `The file needs the unknown region ${region.guid}`, region.offset);
  }
  const inOrder = [...all].sort((a, b) => a.offset - b.offset);
  inOrder.forEach((region, index) => {
    const next = inOrder[index + 1];
    if (next !== undefined && region.offset + region.length > next.offset)
      throw corrupt(path, 'Two regions overlap', next.offset);
  });
  const bat = byGuid.get(regionGuids.bat);
  const metadata = byGuid.get(regionGuids.metadata);
  if (bat === undefined || metadata === undefined)
    throw corrupt(path, 'The region table lacks the BAT or the metadata');
  for (const region of [bat, metadata]) {
    if (region.offset + region.length > source.sizeBytes)
      throw truncated(path, 'The file ends within one of its tables', region.offset);
  }
  return { bat, metadata, all };
};
