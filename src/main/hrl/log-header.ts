import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../contract/errors.ts';
import { isCount, isUuid, readU64, readUuid, writeU64, writeUuid } from '../block/binary-fields.ts';
import { pageBytes, trackingBlockBytes } from '../block/tracking-block.ts';
import { logCorrupt } from './log-error.ts';

/**
 * The first 4096 bytes of every log; little-endian, UUIDs in text order. docs/hrl-format.md is the specification.
 *
 *      0   8  magic 89 48 52 4C 0D 0A 1A 0A        48   8  disk size, bytes
 *      8   2  version = 1                          56   8  sequence
 *     10   2  purpose: 1 log, 2 delta, 3 images    64   8  previous cut
 *     12   4  tracking block bytes = 32768         72   8  created, ms since the epoch
 *     16  16  disk id                              80   4  page bytes = 4096
 *     32  16  lineage                              84  16  nonce, random
 *    100      zeros                              4092   4  CRC-32 of bytes 0..4091
 *
 * The CRC of the header is also the seed of every record's CRC, so that no record of another log is ever taken for one
 * of this log; the nonce makes it unique even between logs that agree in everything else.
 */
export const logHeaderBytes = 4096;
const magic = Buffer.from([0x89, 0x48, 0x52, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a]);
const version = 1;
const field = {
  version: 8,
  purpose: 10,
  trackingBlockBytes: 12,
  diskId: 16,
  lineage: 32,
  diskSizeBytes: 48,
  sequence: 56,
  previousCut: 64,
  createdAtMs: 72,
  pageBytes: 80,
  nonce: 84,
  crc: 4092,
} as const;
const nonceBytes = 16;

/** The largest virtual disk there is (VHDX): 64 TiB. */
const largestDiskBytes = 64 * 1024 ** 4;

const purposes = ['log', 'staged-delta', 'before-images'] as const;
/** What a log is for: the changes beside a disk, a delta staged at a vault, or what a delta overwrote there. */
export type LogPurpose = (typeof purposes)[number];

export interface LogHeader {
  readonly purpose: LogPurpose;
  /** Lower-case UUID of the virtual disk. */
  readonly diskId: string;
  readonly diskSizeBytes: number;
  /** Number of the log among those of its disk. */
  readonly sequence: number;
  /** Lower-case UUID: changes with each initial replication and resynchronization. */
  readonly lineage: string;
  /** The cut that the first record builds on. */
  readonly previousCut: number;
  readonly createdAtMs: number;
}

/** What a log must be to be used; what is left out may be anything. */
export interface LogExpectation {
  readonly diskId?: string;
  readonly lineage?: string;
  readonly purpose?: LogPurpose;
  /** A cut that is known, from elsewhere, to be in the log: a log that ends before it has lost its end. */
  readonly minimumCut?: number;
}

/** @throws ReplicationError `INPUT_INVALID` */
export const encodeLogHeader = (header: LogHeader): Buffer => {
  const flaw = flawOf(header);
  if (flaw !== null) throw new ReplicationError('INPUT_INVALID', `A replication log cannot have ${flaw}.`);
  const bytes = Buffer.alloc(logHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt16LE(version, field.version);
  bytes.writeUInt16LE(purposes.indexOf(header.purpose) + 1, field.purpose);
  bytes.writeUInt32LE(trackingBlockBytes, field.trackingBlockBytes);
  writeUuid(bytes, header.diskId, field.diskId);
  writeUuid(bytes, header.lineage, field.lineage);
  writeU64(bytes, header.diskSizeBytes, field.diskSizeBytes);
  writeU64(bytes, header.sequence, field.sequence);
  writeU64(bytes, header.previousCut, field.previousCut);
  writeU64(bytes, header.createdAtMs, field.createdAtMs);
  bytes.writeUInt32LE(pageBytes, field.pageBytes);
  randomBytes(nonceBytes).copy(bytes, field.nonce);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, field.crc)), field.crc);
  return bytes;
};

/** Whether a file begins as a log does, as far as it goes. */
export const beginsAsLog = (bytes: Buffer): boolean =>
  bytes.subarray(0, magic.length).equals(magic.subarray(0, bytes.length));

/**
 * Reads the header and the seed of the record CRCs. `bytes` is shorter than a header when the file is.
 * @throws ReplicationError `HRL_CORRUPT`, `HRL_UNSUPPORTED`
 */
export const decodeLogHeader = (bytes: Buffer, path: string): { header: LogHeader; seed: number } => {
  if (bytes.length < logHeaderBytes) throw logCorrupt(path, 0, 'the file header is cut off');
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw logCorrupt(path, 0, 'it is not a replication log');
  const seed = bytes.readUInt32LE(field.crc);
  if (crc32(bytes.subarray(0, field.crc)) !== seed)
    throw logCorrupt(path, 0, 'the file header has a wrong checksum');
  const foundVersion = bytes.readUInt16LE(field.version);
  if (foundVersion > version) {
    throw new ReplicationError(
      'HRL_UNSUPPORTED',
      `The replication log ${path} has format version ${foundVersion}; this program reads version ${version}.`,
      { file: path },
    );
  }
  const purpose = purposes[bytes.readUInt16LE(field.purpose) - 1];
  const sameUnits =
    bytes.readUInt32LE(field.trackingBlockBytes) === trackingBlockBytes &&
    bytes.readUInt32LE(field.pageBytes) === pageBytes;
  if (foundVersion < version || purpose === undefined || !sameUnits) {
    throw logCorrupt(path, 0, 'the file header has an unknown version, purpose or block size');
  }
  const header: LogHeader = {
    purpose,
    diskId: readUuid(bytes, field.diskId),
    diskSizeBytes: readU64(bytes, field.diskSizeBytes),
    sequence: readU64(bytes, field.sequence),
    lineage: readUuid(bytes, field.lineage),
    previousCut: readU64(bytes, field.previousCut),
    createdAtMs: readU64(bytes, field.createdAtMs),
  };
  const flaw = flawOf(header);
  if (flaw !== null) throw logCorrupt(path, 0, `the file header has ${flaw}`);
  return { header, seed };
};

/** @throws ReplicationError `HRL_FOREIGN` */
export const checkExpectation = (header: LogHeader, expected: LogExpectation, path: string): void => {
  const foreign = (what: string, found: string, wanted: string) =>
    new ReplicationError(
      'HRL_FOREIGN',
      `The replication log ${path} has ${what} ${found} instead of ${wanted}.`,
      {
        file: path,
      },
    );
  for (const key of ['diskId', 'lineage', 'purpose'] as const) {
    const wanted = expected[key];
    if (wanted !== undefined && header[key] !== wanted) throw foreign(labels[key], header[key], wanted);
  }
};

const labels = { diskId: 'disk id', lineage: 'lineage', purpose: 'purpose' } as const;

const flawOf = (header: LogHeader): string | null => {
  if (!isUuid(header.diskId)) return `the disk id “${header.diskId}”`;
  if (!isUuid(header.lineage)) return `the lineage “${header.lineage}”`;
  if (
    !isCount(header.diskSizeBytes) ||
    header.diskSizeBytes === 0 ||
    header.diskSizeBytes > largestDiskBytes
  ) {
    return `a disk size of ${header.diskSizeBytes} bytes`;
  }
  for (const key of ['sequence', 'previousCut', 'createdAtMs'] as const) {
    if (!isCount(header[key])) return `${header[key]} as its ${key}`;
  }
  return null;
};
