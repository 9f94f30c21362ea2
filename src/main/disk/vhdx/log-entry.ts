import { hasValidChecksum } from './checksum.ts';
import { readGuid } from './guid.ts';

/**
 * The log, a ring of 4 KiB sectors. An entry starts on a sector and wraps at the ring's end:
 *
 * ```
 * ┌─────────────────────────────┬──────────────┬─────────────┬─────────────┐
 * │ header 64 B │ descriptors…  │ descriptors… │ data sector │ data sector │   one data sector per data descriptor
 * └─────────────────────────────┴──────────────┴─────────────┴─────────────┘
 * header      0 'loge' │ 4 CRC-32C of the entry │ 8 entry length u32 │ 12 tail u32 │ 16 sequence u64
 *             24 descriptor count u32 │ 32 LogGuid │ 48 flushed file offset u64 │ 56 last file offset u64
 * descriptor  0 'desc' │ 4 trailing 4 bytes │ 8 leading 8 bytes │ 16 file offset u64 │ 24 sequence u64
 *             0 'zero' │ 8 length u64       │ 16 file offset u64 │ 24 sequence u64
 * data sector 0 'data' │ 4 sequence, high u32 │ 8 bytes 8…4091 of the data │ 4092 sequence, low u32
 * ```
 */
export const logSectorBytes = 4096;
export const logEntryHeaderBytes = 64;
export const logDescriptorBytes = 32;

/** One change that a log entry asks for, `data` 4 KiB or null for a run of zeros. */
export interface LogChange {
  readonly fileOffset: bigint;
  readonly length: bigint;
  readonly data: Buffer | null;
}

export interface LogEntry {
  /** Where in the ring it starts, and how long it is; both in bytes. */
  readonly at: number;
  readonly length: number;
  readonly sequence: bigint;
  /** Ring offset of the oldest entry that was not yet applied when this one was written. */
  readonly tail: number;
  /** The file was at least this long, durably, when the entry was written. */
  readonly flushedFileOffset: bigint;
  /** The file must be at least this long once the log is applied. */
  readonly lastFileOffset: bigint;
  readonly changes: readonly LogChange[];
}

/** The log's bytes, read as a ring. */
export class LogRing {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  slice(at: number, length: number): Buffer {
    const first = this.bytes.subarray(at, at + length);
    return first.length === length
      ? first
      : Buffer.concat([first, this.bytes.subarray(0, length - first.length)]);
  }

  wrap(offset: number): number {
    return offset % this.bytes.length;
  }
}

/**
 * Length of the entry that seems to start at `at`, 0 when there is none: cheap, before anything is summed up.
 */
export const plausibleEntryLength = (ring: LogRing, at: number, logGuid: string): number => {
  const header = ring.bytes.subarray(at, at + logEntryHeaderBytes);
  if (header.toString('latin1', 0, 4) !== 'loge' || readGuid(header, 32) !== logGuid) return 0;
  const length = header.readUInt32LE(8);
  const descriptorsEnd = logEntryHeaderBytes + header.readUInt32LE(24) * logDescriptorBytes;
  const isPlausible =
    length > 0 &&
    length % logSectorBytes === 0 &&
    length <= ring.bytes.length &&
    descriptorsEnd <= length &&
    header.readUInt32LE(12) % logSectorBytes === 0 &&
    header.readUInt32LE(12) < ring.bytes.length &&
    header.readBigUInt64LE(16) > 0n;
  return isPlausible ? length : 0;
};

/** The valid entry at `at`, or null; `plausibleEntryLength` must have given `length`. */
export const decodeLogEntry = (ring: LogRing, at: number, length: number): LogEntry | null => {
  const bytes = ring.slice(at, length);
  if (!hasValidChecksum(bytes)) return null;
  const sequence = bytes.readBigUInt64LE(16);
  const count = bytes.readUInt32LE(24);
  const descriptorsEnd = logEntryHeaderBytes + count * logDescriptorBytes;
  let dataAt = Math.ceil(descriptorsEnd / logSectorBytes) * logSectorBytes;
  const changes: LogChange[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = logEntryHeaderBytes + index * logDescriptorBytes;
    const descriptor = bytes.subarray(start, start + logDescriptorBytes);
    const fileOffset = descriptor.readBigUInt64LE(16);
    const signature = descriptor.toString('latin1', 0, 4);
    if (descriptor.readBigUInt64LE(24) !== sequence || fileOffset % BigInt(logSectorBytes) !== 0n)
      return null;
    if (signature === 'zero') {
      const zeroLength = descriptor.readBigUInt64LE(8);
      if (zeroLength % BigInt(logSectorBytes) !== 0n) return null;
      changes.push({ fileOffset, length: zeroLength, data: null });
    } else if (signature === 'desc') {
      const sector = bytes.subarray(dataAt, dataAt + logSectorBytes);
      const data = sector.length === logSectorBytes ? restoreSector(sector, descriptor, sequence) : null;
      if (data === null) return null;
      changes.push({ fileOffset, length: BigInt(logSectorBytes), data });
      dataAt += logSectorBytes;
    } else return null;
  }
  return {
    at,
    length,
    sequence,
    tail: bytes.readUInt32LE(12),
    flushedFileOffset: bytes.readBigUInt64LE(48),
    lastFileOffset: bytes.readBigUInt64LE(56),
    changes,
  };
};

/** Puts the bytes that the data sector's own signature and sequence displaced back in their places. */
const restoreSector = (sector: Buffer, descriptor: Buffer, sequence: bigint): Buffer | null => {
  const high = BigInt(sector.readUInt32LE(4));
  const low = BigInt(sector.readUInt32LE(logSectorBytes - 4));
  if (sector.toString('latin1', 0, 4) !== 'data' || ((high << 32n) | low) !== sequence) return null;
  const data = Buffer.from(sector);
  descriptor.copy(data, 0, 8, 16);
  descriptor.copy(data, logSectorBytes - 4, 4, 8);
  return data;
};
