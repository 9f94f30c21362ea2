import { randomUUID } from 'node:crypto';
import { ReplicationError } from '../../../contract/errors.ts';
import { BlockGeometry } from './block-geometry.ts';
import type { DiskFile } from './disk-file.ts';
import { zeroGuid } from './guid.ts';
import { encodeMetadata } from './metadata.ts';
import type { ParentLocation } from './parent-locator.ts';
import { encodeRegionTable } from './region-table.ts';
import {
  fileSignature,
  headerOffsets,
  headerSectionBytes,
  maxBlockBytes,
  maxDiskBytes,
  mib,
  minBlockBytes,
  regionGuids,
  regionTableOffsets,
  tib,
} from './vhdx-format.ts';
import { encodeHeader } from './vhdx-header.ts';

/** What a new VHDX shall be. */
export interface NewVhdx {
  readonly sizeBytes: number;
  /** Power of two, 1–256 MiB; default 2 MiB, 32 MiB for disks over 4 TiB, so that the BAT stays small. */
  readonly blockBytes?: number;
  /** 512 (default) or 4096. */
  readonly logicalSectorBytes?: number;
  /** 512 or 4096 (default). */
  readonly physicalSectorBytes?: number;
  /** Lower-case UUID; default random. */
  readonly diskId?: string;
  /** Makes a differencing disk. */
  readonly parent?: ParentLocation;
}

const logBytes = mib;
const metadataBytes = mib;
const manyBytes = 4 * tib;
const creator = 'Hyper-V Replica Console';

/** Writes an empty disk into an empty file and makes it durable; the signature comes last, so half a file is no VHDX. */
export const writeNewVhdx = (file: DiskFile, disk: NewVhdx): void => {
  const blockBytes = disk.blockBytes ?? (disk.sizeBytes > manyBytes ? 32 * mib : 2 * mib);
  const logicalSectorBytes = disk.logicalSectorBytes ?? 512;
  const logOffset = headerSectionBytes;
  const metadataOffset = logOffset + logBytes;
  const batOffset = metadataOffset + metadataBytes;
  check(file.path, disk.sizeBytes, blockBytes, logicalSectorBytes);
  const shape = { sizeBytes: disk.sizeBytes, blockBytes, logicalSectorBytes, batOffset };
  // Room for the bitmap entries of a differencing disk, whichever kind it is: other tools convert in place.
  const { batBytes } = new BlockGeometry({ ...shape, isDifferencing: true });
  const batRegionBytes = Math.ceil(batBytes / mib) * mib;

  file.resize(batOffset + batRegionBytes);
  const guids = { fileWriteGuid: randomUUID(), dataWriteGuid: randomUUID(), logGuid: zeroGuid };
  const rest = { logVersion: 0, version: 1, logBytes, logOffset: BigInt(logOffset) };
  headerOffsets.forEach((offset, index) => {
    file.write(encodeHeader({ sequence: BigInt(index + 1), ...guids, ...rest }), offset);
  });
  const regions = encodeRegionTable([
    { guid: regionGuids.bat, offset: batOffset, length: batRegionBytes, required: true },
    { guid: regionGuids.metadata, offset: metadataOffset, length: metadataBytes, required: true },
  ]);
  for (const offset of regionTableOffsets) file.write(regions, offset);
  const metadata = encodeMetadata({
    blockBytes,
    sizeBytes: disk.sizeBytes,
    diskId: disk.diskId ?? randomUUID(),
    logicalSectorBytes,
    physicalSectorBytes: disk.physicalSectorBytes ?? 4096,
    parent: disk.parent ?? null,
  });
  file.write(metadata, metadataOffset);
  file.syncNow();
  const identifier = Buffer.concat([Buffer.from(fileSignature, 'latin1'), Buffer.from(creator, 'utf16le')]);
  file.write(identifier, 0);
  file.syncNow();
};

const check = (path: string, sizeBytes: number, blockBytes: number, sectorBytes: number): void => {
  const refuse = (what: string) => {
    throw new ReplicationError('INPUT_INVALID', `${what}: ${path}`, { file: path });
  };
  if (sizeBytes > maxDiskBytes)
    throw new ReplicationError('DISK_TOO_LARGE', `A VHDX holds at most 64 TiB: ${path}`, { file: path });
  if (sectorBytes !== 512 && sectorBytes !== 4096) refuse(`Sectors of ${sectorBytes} bytes are not possible`);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % sectorBytes !== 0)
    refuse(`A disk of ${sizeBytes} bytes is not a whole number of sectors`);
  const isPowerOfTwo = Number.isInteger(Math.log2(blockBytes));
  if (!isPowerOfTwo || blockBytes < minBlockBytes || blockBytes > maxBlockBytes)
    refuse(`Blocks of ${blockBytes} bytes are not possible`);
};
