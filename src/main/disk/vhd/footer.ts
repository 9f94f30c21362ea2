import { ReplicationError } from '../../../contract/errors.ts';
import type { DiskKind } from '../../../contract/model.ts';
import { checkedDiskSize, checkedFileOffset } from '../disk-limits.ts';
import { vhdChecksum } from './checksum.ts';
import type { Geometry } from './geometry.ts';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

/*
 * VHD footer, big-endian (VHD 1.0, "Hard Disk Footer Format"). Last sector of every VHD; dynamic and differencing disks
 * carry a copy in their first sector.
 *
 *   0 ┌──────────────────────────┐
 *     │ "conectix"             8 │
 *   8 │ features               4 │  bit 1 is reserved and always set
 *  12 │ format version         4 │  0x00010000
 *  16 │ data offset            8 │  of the dynamic header; all ones in a fixed disk
 *  24 │ timestamp              4 │  seconds since 2000-01-01 UTC
 *  28 │ creator application    4 │
 *  32 │ creator version        4 │
 *  36 │ creator host           4 │
 *  40 │ original size          8 │
 *  48 │ current size           8 │  the size; the geometry is rounded down and not believed
 *  56 │ geometry           2+1+1 │
 *  60 │ type                   4 │  2 fixed, 3 dynamic, 4 differencing
 *  64 │ checksum               4 │
 *  68 │ unique id             16 │
 *  84 │ saved state            1 │
 *  85 │ reserved             427 │
 * 512 └──────────────────────────┘
 */
export const footerBytes = 512;
/** Tools of before 2004 left out the footer's last, reserved byte. */
export const oldFooterBytes = 511;
const cookie = 'conectix';
const checksumAt = 64;
const noDataOffset = 0xffff_ffff_ffff_ffffn;
const formatVersion = 0x0001_0000;

const typeNumbers = { fixed: 2, dynamic: 3, differencing: 4 } as const satisfies Record<DiskKind, number>;
const kindOfType = new Map<number, DiskKind>([
  [2, 'fixed'],
  [3, 'dynamic'],
  [4, 'differencing'],
]);

export interface VhdFooter {
  readonly kind: DiskKind;
  /** Bytes of the virtual disk. */
  readonly sizeBytes: number;
  readonly originalSizeBytes: bigint;
  /** Where the dynamic header lies; null in a fixed disk. */
  readonly headerOffset: number | null;
  /** Seconds since 2000-01-01 UTC. */
  readonly timestamp: number;
  /** Four ASCII characters each. */
  readonly creatorApplication: string;
  readonly creatorHost: string;
  readonly creatorVersion: number;
  readonly geometry: Geometry;
  /** Lower-case UUID. */
  readonly uniqueId: string;
  readonly features: number;
  readonly savedState: boolean;
}

/** Whether these 512 bytes claim to be a footer at all. */
export const hasFooterCookie = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, cookie.length).toString('latin1') === cookie;

/** Whether they are one, undamaged. */
export const isIntactFooter = (bytes: Uint8Array): boolean =>
  hasFooterCookie(bytes) && viewOf(bytes).getUint32(checksumAt) === vhdChecksum(bytes, checksumAt);

/**
 * Reads an intact footer.
 * @throws ReplicationError `DISK_UNSUPPORTED` for a type or version nobody writes any more, `DISK_TOO_LARGE`,
 *   `DISK_CORRUPT` when its fields contradict each other
 */
export const decodeFooter = (bytes: Uint8Array, file: string): VhdFooter => {
  const view = viewOf(bytes);
  const version = view.getUint32(12);
  if (version >>> 16 !== formatVersion >>> 16) {
    throw new ReplicationError(
      'DISK_UNSUPPORTED',
      `The VHD ${file} has format version ${version >>> 16}.${version & 0xffff}; only 1.0 is known.`,
      { file },
    );
  }
  const kind = kindOfType.get(view.getUint32(60));
  if (kind === undefined) {
    throw new ReplicationError(
      'DISK_UNSUPPORTED',
      `The VHD ${file} is of type ${view.getUint32(60)}, which is neither fixed, dynamic nor differencing.`,
      { file },
    );
  }
  const sizeBytes = checkedDiskSize(view.getBigUint64(48), file);
  if (sizeBytes === 0 || sizeBytes % 512 !== 0) {
    throw new ReplicationError(
      'DISK_CORRUPT',
      `The VHD ${file} says it has ${sizeBytes} bytes, which is not a number of sectors.`,
      { file },
    );
  }
  return {
    kind,
    sizeBytes,
    originalSizeBytes: view.getBigUint64(40),
    headerOffset: kind === 'fixed' ? null : checkedFileOffset(view.getBigUint64(16), 'dynamic header', file),
    timestamp: view.getUint32(24),
    creatorApplication: Buffer.from(bytes.subarray(28, 32)).toString('latin1'),
    creatorVersion: view.getUint32(32),
    creatorHost: Buffer.from(bytes.subarray(36, 40)).toString('latin1'),
    geometry: { cylinders: view.getUint16(56), heads: view.getUint8(58), sectorsPerTrack: view.getUint8(59) },
    uniqueId: uuidFromBytes(bytes.subarray(68, 84)),
    features: view.getUint32(8),
    savedState: view.getUint8(84) !== 0,
  };
};

export const encodeFooter = (footer: VhdFooter): Uint8Array => {
  const bytes = new Uint8Array(footerBytes);
  const view = viewOf(bytes);
  bytes.set(Buffer.from(cookie, 'latin1'), 0);
  view.setUint32(8, footer.features);
  view.setUint32(12, formatVersion);
  view.setBigUint64(16, footer.headerOffset === null ? noDataOffset : BigInt(footer.headerOffset));
  view.setUint32(24, footer.timestamp);
  bytes.set(Buffer.from(footer.creatorApplication, 'latin1').subarray(0, 4), 28);
  view.setUint32(32, footer.creatorVersion);
  bytes.set(Buffer.from(footer.creatorHost, 'latin1').subarray(0, 4), 36);
  view.setBigUint64(40, footer.originalSizeBytes);
  view.setBigUint64(48, BigInt(footer.sizeBytes));
  view.setUint16(56, footer.geometry.cylinders);
  view.setUint8(58, footer.geometry.heads);
  view.setUint8(59, footer.geometry.sectorsPerTrack);
  view.setUint32(60, typeNumbers[footer.kind]);
  bytes.set(uuidToBytes(footer.uniqueId), 68);
  view.setUint8(84, footer.savedState ? 1 : 0);
  view.setUint32(checksumAt, vhdChecksum(bytes, checksumAt));
  return bytes;
};

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
