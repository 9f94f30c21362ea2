import { ReplicationError } from '../../../contract/errors.ts';
import { checkedFileOffset } from '../disk-limits.ts';
import { vhdChecksum } from './checksum.ts';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

/*
 * Dynamic disk header, big-endian (VHD 1.0, "Dynamic Disk Header Format").
 *
 *    0 ┌──────────────────────────┐
 *      │ "cxsparse"             8 │
 *    8 │ data offset            8 │  unused, all ones
 *   16 │ block table offset     8 │
 *   24 │ header version         4 │  0x00010000
 *   28 │ block table entries    4 │
 *   32 │ block size             4 │  data bytes of a block, a power of two
 *   36 │ checksum               4 │
 *   40 │ parent unique id      16 │
 *   56 │ parent timestamp       4 │
 *   60 │ reserved               4 │
 *   64 │ parent name          512 │  UTF-16BE
 *  576 │ parent locators   8 × 24 │  platform code 4, space 4, length 4, reserved 4, file offset 8
 *  768 │ reserved             256 │
 * 1024 └──────────────────────────┘
 */
export const dynamicHeaderBytes = 1024;
const cookie = 'cxsparse';
const checksumAt = 36;
const headerVersion = 0x0001_0000;
const locatorsAt = 576;
const locatorBytes = 24;
const locatorCount = 8;
const parentNameBytes = 512;
/** Real disks have 512 KiB or 2 MiB; the bounds keep a lying header from making millions of tiny or a few giant blocks. */
export const smallestBlockBytes = 4 * 1024;
export const largestBlockBytes = 256 * 1024 * 1024;

/** Where a parent's path is stored in the file. */
export interface ParentLocator {
  /** `W2ru` relative, `W2ku` absolute Windows path, `MacX` a file URL; four ASCII characters. */
  readonly platform: string;
  /** Room set aside; tools disagree whether in bytes or in sectors, so it is only shown. */
  readonly space: number;
  readonly lengthBytes: number;
  readonly fileOffset: number;
}

export interface DynamicHeader {
  readonly tableOffset: number;
  readonly tableEntries: number;
  readonly blockBytes: number;
  /** Lower-case UUID; all zeros without a parent. */
  readonly parentUniqueId: string;
  /** Seconds since 2000-01-01 UTC. */
  readonly parentTimestamp: number;
  readonly parentName: string;
  /** Used entries only. */
  readonly locators: readonly ParentLocator[];
}

/**
 * Reads and checks the header.
 * @throws ReplicationError `DISK_CORRUPT`, `DISK_UNSUPPORTED`
 */
export const decodeDynamicHeader = (bytes: Uint8Array, file: string): DynamicHeader => {
  const view = viewOf(bytes);
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== cookie) {
    throw corrupt(file, 'has no dynamic disk header where its footer says');
  }
  if (view.getUint32(checksumAt) !== vhdChecksum(bytes, checksumAt)) {
    throw corrupt(file, 'has a damaged dynamic disk header: its checksum does not match');
  }
  const version = view.getUint32(24);
  if (version >>> 16 !== headerVersion >>> 16) {
    throw new ReplicationError(
      'DISK_UNSUPPORTED',
      `The VHD ${file} has a dynamic disk header of version ${version >>> 16}; only 1 is known.`,
      { file },
    );
  }
  const blockBytes = view.getUint32(32);
  if (blockBytes === 0 || (blockBytes & (blockBytes - 1)) !== 0) {
    throw corrupt(file, `says its blocks have ${blockBytes} bytes, which is not a power of two`);
  }
  if (blockBytes < smallestBlockBytes || blockBytes > largestBlockBytes) {
    throw new ReplicationError(
      'DISK_UNSUPPORTED',
      `The VHD ${file} has blocks of ${blockBytes} bytes; 4 KiB to 256 MiB are supported.`,
      { file },
    );
  }
  const locators: ParentLocator[] = [];
  for (let index = 0; index < locatorCount; index += 1) {
    const at = locatorsAt + index * locatorBytes;
    const platform = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    const lengthBytes = view.getUint32(at + 8);
    if (platform === '\0\0\0\0' || lengthBytes === 0) continue;
    const fileOffset = checkedFileOffset(view.getBigUint64(at + 16), 'parent locator', file);
    locators.push({ platform, space: view.getUint32(at + 4), lengthBytes, fileOffset });
  }
  return {
    tableOffset: checkedFileOffset(view.getBigUint64(16), 'block table', file),
    tableEntries: view.getUint32(28),
    blockBytes,
    parentUniqueId: uuidFromBytes(bytes.subarray(40, 56)),
    parentTimestamp: view.getUint32(56),
    parentName: decodeUtf16BigEndian(bytes.subarray(64, 64 + parentNameBytes)),
    locators,
  };
};

export const encodeDynamicHeader = (header: DynamicHeader): Uint8Array => {
  const bytes = new Uint8Array(dynamicHeaderBytes);
  const view = viewOf(bytes);
  bytes.set(Buffer.from(cookie, 'latin1'), 0);
  bytes.fill(0xff, 8, 16);
  view.setBigUint64(16, BigInt(header.tableOffset));
  view.setUint32(24, headerVersion);
  view.setUint32(28, header.tableEntries);
  view.setUint32(32, header.blockBytes);
  bytes.set(uuidToBytes(header.parentUniqueId), 40);
  view.setUint32(56, header.parentTimestamp);
  bytes.set(Buffer.from(header.parentName, 'utf16le').swap16().subarray(0, parentNameBytes), 64);
  for (const [index, locator] of header.locators.slice(0, locatorCount).entries()) {
    const at = locatorsAt + index * locatorBytes;
    bytes.set(Buffer.from(locator.platform, 'latin1').subarray(0, 4), at);
    view.setUint32(at + 4, locator.space);
    view.setUint32(at + 8, locator.lengthBytes);
    view.setBigUint64(at + 16, BigInt(locator.fileOffset));
  }
  view.setUint32(checksumAt, vhdChecksum(bytes, checksumAt));
  return bytes;
};

const decodeUtf16BigEndian = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).swap16().toString('utf16le');
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
};

const corrupt = (file: string, what: string): ReplicationError =>
  new ReplicationError('DISK_CORRUPT', `The VHD ${file} ${what}.`, { file });

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
