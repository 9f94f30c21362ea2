import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../contract/errors.ts';
import { isOutOfSpace } from '../platform/positional-io.ts';
import { isCount, isUuid, readU64, readUuid, writeU64, writeUuid } from './binary-fields.ts';
import { trackingBlockBytes } from './tracking-block.ts';

/**
 * The first 80 bytes of the small files beside a digest table. Little-endian, UUIDs in text order.
 *
 *      0  8  magic, of the kind of file         48  8  disk size, bytes
 *      8  2  version = 1                        56  8  cut
 *     10  2  zero                               64  8  number of entries
 *     12  4  tracking block bytes = 32768       72  4  CRC-32 of what the kind of file says
 *     16 16  disk id                            76  4  CRC-32 of bytes 0..75
 *     32 16  lineage
 *
 * Such a file is written under another name and renamed when it is complete and durable.
 */
export const sideHeaderBytes = 80;
const version = 1;

/** Whose it is. */
export interface SideFileOwner {
  readonly diskId: string;
  readonly lineage: string;
  readonly diskSizeBytes: number;
  readonly cut: number;
}

export interface SideFileHeader extends SideFileOwner {
  readonly count: number;
  readonly contentCrc: number;
}

export const sideFileMagic = (name: string): Buffer => Buffer.from(`\x89${name}\r\n\x1a\n`, 'latin1');

export const encodeSideHeader = (magic: Buffer, header: SideFileHeader): Buffer => {
  const bytes = Buffer.alloc(sideHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt16LE(version, 8);
  bytes.writeUInt32LE(trackingBlockBytes, 12);
  writeUuid(bytes, header.diskId, 16);
  writeUuid(bytes, header.lineage, 32);
  writeU64(bytes, header.diskSizeBytes, 48);
  writeU64(bytes, header.cut, 56);
  writeU64(bytes, header.count, 64);
  bytes.writeUInt32LE(header.contentCrc, 72);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 76)), 76);
  return bytes;
};

/** Null when the header is damaged, of another kind or about something else than `owner`. */
export const decodeSideHeader = (
  magic: Buffer,
  bytes: Buffer,
  owner: SideFileOwner,
): SideFileHeader | null => {
  if (bytes.length < sideHeaderBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  if (crc32(bytes.subarray(0, 76)) !== bytes.readUInt32LE(76)) return null;
  if (bytes.readUInt16LE(8) !== version || bytes.readUInt32LE(12) !== trackingBlockBytes) return null;
  const count = readU64(bytes, 64);
  const same =
    readUuid(bytes, 16) === owner.diskId &&
    readUuid(bytes, 32) === owner.lineage &&
    readU64(bytes, 48) === owner.diskSizeBytes &&
    readU64(bytes, 56) === owner.cut;
  return same && isCount(count) ? { ...owner, count, contentCrc: bytes.readUInt32LE(72) } : null;
};

/** @throws ReplicationError `INPUT_INVALID` */
export const requireOwner = ({ diskId, lineage, diskSizeBytes, cut }: SideFileOwner, path: string): void => {
  if (isUuid(diskId) && isUuid(lineage) && isCount(diskSizeBytes) && diskSizeBytes > 0 && isCount(cut))
    return;
  throw new ReplicationError('INPUT_INVALID', `${path} cannot be written for such a disk.`, { file: path });
};

export const sideFileWriteError = (error: unknown, path: string): ReplicationError => {
  if (error instanceof ReplicationError) return error;
  const context = { file: path, cause: error };
  return isOutOfSpace(error)
    ? new ReplicationError('VOLUME_LOW_SPACE', `The volume that holds ${path} is full.`, context)
    : new ReplicationError(
        'TRACKING_WRITE_FAILED',
        `The tracking file ${path} could not be written.`,
        context,
      );
};
