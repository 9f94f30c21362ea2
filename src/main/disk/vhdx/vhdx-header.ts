import type { ByteSource } from '../byte-source.ts';
import { hasValidChecksum, sealStructure } from './checksum.ts';
import { readGuid, writeGuid, zeroGuid } from './guid.ts';
import { corrupt, truncated, unsupported, vhdxError } from './vhdx-error.ts';
import { fileSignature, headerBytes, headerOffsets, headerSectionBytes, mib } from './vhdx-format.ts';

/**
 * A header, 4 KiB of which 80 bytes are used, at 64 KiB and again at 128 KiB:
 *
 * ```
 * 0 'head' │ 4 CRC-32C │ 8 sequence u64 │ 16 FileWriteGuid │ 32 DataWriteGuid │ 48 LogGuid
 * 64 log version u16 │ 66 version u16 │ 68 log length u32 │ 72 log offset u64
 * ```
 */
export interface VhdxHeader {
  readonly sequence: bigint;
  /** Changes whenever the file is opened for writing. */
  readonly fileWriteGuid: string;
  /** Changes whenever what the guest sees may change; a child names its parent by it. */
  readonly dataWriteGuid: string;
  /** All zero when the log holds nothing to replay. */
  readonly logGuid: string;
  readonly logVersion: number;
  readonly version: number;
  readonly logBytes: number;
  readonly logOffset: bigint;
}

/** The header that counts, and in which of the two places it lies. */
export interface CurrentHeader {
  readonly header: VhdxHeader;
  readonly slot: 0 | 1;
}

export const encodeHeader = (header: VhdxHeader): Buffer => {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write('head', 0, 'latin1');
  bytes.writeBigUInt64LE(header.sequence, 8);
  writeGuid(header.fileWriteGuid, bytes, 16);
  writeGuid(header.dataWriteGuid, bytes, 32);
  writeGuid(header.logGuid, bytes, 48);
  bytes.writeUInt16LE(header.logVersion, 64);
  bytes.writeUInt16LE(header.version, 66);
  bytes.writeUInt32LE(header.logBytes, 68);
  bytes.writeBigUInt64LE(header.logOffset, 72);
  sealStructure(bytes);
  return bytes;
};

/** The header in `bytes`, or null when signature or checksum is wrong: a torn update, not yet an error. */
export const decodeHeader = (bytes: Buffer): VhdxHeader | null => {
  if (bytes.toString('latin1', 0, 4) !== 'head' || !hasValidChecksum(bytes)) return null;
  return {
    sequence: bytes.readBigUInt64LE(8),
    fileWriteGuid: readGuid(bytes, 16),
    dataWriteGuid: readGuid(bytes, 32),
    logGuid: readGuid(bytes, 48),
    logVersion: bytes.readUInt16LE(64),
    version: bytes.readUInt16LE(66),
    logBytes: bytes.readUInt32LE(68),
    logOffset: bytes.readBigUInt64LE(72),
  };
};

/**
 * Reads the file identifier and both headers and returns the one that counts.
 * @throws ReplicationError `DISK_FORMAT_UNKNOWN`, `DISK_TRUNCATED`, `DISK_CORRUPT`, `DISK_UNSUPPORTED`
 */
export const readCurrentHeader = (source: ByteSource): CurrentHeader => {
  const { path } = source;
  const signature = Buffer.alloc(fileSignature.length);
  if (source.sizeBytes >= signature.length) source.read(signature, 0);
  if (signature.toString('latin1') !== fileSignature)
    throw vhdxError('DISK_FORMAT_UNKNOWN', path, 'The file does not begin as a VHDX does', 0);
  if (source.sizeBytes < headerSectionBytes)
    throw truncated(path, 'The file ends within the header section', source.sizeBytes);

  const copies = headerOffsets.map((offset) => {
    const bytes = Buffer.alloc(headerBytes);
    source.read(bytes, offset);
    return { bytes, header: decodeHeader(bytes) };
  });
  const current = newerOf(path, copies[0]!, copies[1]!);
  const { version, logVersion, logGuid, logOffset, logBytes } = current.header;
  if (version !== 1) throw unsupported(path, `The header has the unknown version ${version}`);
  if (logVersion !== 0 && logGuid !== zeroGuid)
    throw unsupported(path, `The log has the unknown version ${logVersion}`);
  if (logOffset % BigInt(mib) !== 0n || logOffset < BigInt(mib) || logBytes % mib !== 0)
    throw corrupt(path, 'The header places the log where none can be');
  return current;
};

interface HeaderCopy {
  readonly bytes: Buffer;
  readonly header: VhdxHeader | null;
}

const newerOf = (path: string, first: HeaderCopy, second: HeaderCopy): CurrentHeader => {
  if (first.header === null && second.header === null)
    throw corrupt(path, 'Neither of the two headers is valid', headerOffsets[0]);
  if (second.header === null) return { header: first.header!, slot: 0 };
  if (first.header === null) return { header: second.header, slot: 1 };
  if (first.header.sequence === second.header.sequence) {
    // Disk2vhd writes the same header twice; anything else with equal numbers leaves the choice open.
    if (!first.bytes.equals(second.bytes))
      throw corrupt(path, 'Two different headers have the same sequence number', headerOffsets[0]);
    return { header: first.header, slot: 0 };
  }
  return first.header.sequence > second.header.sequence
    ? { header: first.header, slot: 0 }
    : { header: second.header, slot: 1 };
};
