import { crc32 } from 'node:zlib';
import type { Consistency } from '../../contract/model.ts';
import { readU64, writeU64 } from '../block/binary-fields.ts';

/**
 * The 64-byte header that every record starts with, always at a multiple of 64 in the file, so that no header
 * straddles a disk sector. Little-endian.
 *
 *      0  4  magic "HRLr"                    16  8  base cut: the last cut before this record
 *      4  1  kind: 1 block, 2 cut            24  4  bytes of the record before, 0 for the first
 *      5  1  block: page mask                60  4  CRC-32 of bytes 0..59, seeded with the file header's CRC
 *            cut: consistency 1 application, 2 crash, 3 fuzzy
 *      6  2  zeros
 *      8  8  ordinal: 0, 1, 2 …
 *
 *     block                                  cut
 *     28  4  payload bytes                   28  8  cut number
 *     32  4  CRC-32 of the payload           36  8  taken at, ms since the epoch
 *     36  8  block number                    44  8  block records since the last cut
 *     44 16  digest of the whole block       52  8  their payload bytes
 *
 * The payload follows a block's header: the pages of the mask in ascending order, padded with zeros to a multiple of 64.
 */
export const recordHeaderBytes = 64;
export const recordAlignment = 64;
const magic = 0x72_4c_52_48;
const blockKind = 1;
const cutKind = 2;
const crcAt = 60;
const consistencies = ['application', 'crash', 'fuzzy'] as const satisfies readonly Consistency[];

/** The end of one pass: everything before it in the log adds up to state `cut`. */
export interface CutMark {
  readonly cut: number;
  readonly takenAtMs: number;
  readonly consistency: Consistency;
  /** Block records since the cut before, and the bytes of their payloads. */
  readonly blocks: number;
  readonly payloadBytes: number;
}

/** What ties a record to its place in the log. */
export interface RecordLink {
  readonly ordinal: number;
  readonly baseCut: number;
  readonly previousRecordBytes: number;
}

export interface BlockRecord extends RecordLink {
  readonly kind: 'block';
  readonly block: number;
  /** 0: the whole block is zeros, and there is no payload. */
  readonly pageMask: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  /** A view of the buffer that was decoded. */
  readonly digest: Uint8Array;
}

export interface CutRecord extends RecordLink {
  readonly kind: 'cut';
  readonly mark: CutMark;
}

export type LogRecord = BlockRecord | CutRecord;

/** Bytes of a record in the file, header and padding included. */
export const recordBytes = (payloadBytes: number): number =>
  recordHeaderBytes + Math.ceil(payloadBytes / recordAlignment) * recordAlignment;

export const encodeBlockHeader = (target: Buffer, at: number, seed: number, record: BlockRecord): void => {
  encodeLink(target, at, blockKind, record.pageMask, record);
  target.writeUInt32LE(record.payloadBytes, at + 28);
  target.writeUInt32LE(record.payloadCrc, at + 32);
  writeU64(target, record.block, at + 36);
  target.set(record.digest, at + 44);
  seal(target, at, seed);
};

export const encodeCutHeader = (target: Buffer, at: number, seed: number, record: CutRecord): void => {
  const { mark } = record;
  encodeLink(target, at, cutKind, consistencies.indexOf(mark.consistency) + 1, record);
  writeU64(target, mark.cut, at + 28);
  writeU64(target, mark.takenAtMs, at + 36);
  writeU64(target, mark.blocks, at + 44);
  writeU64(target, mark.payloadBytes, at + 52);
  seal(target, at, seed);
};

/** The record whose header is at `at`, or null when these bytes are none of this log. */
export const decodeRecord = (source: Buffer, at: number, seed: number): LogRecord | null => {
  if (source.readUInt32LE(at) !== magic) return null;
  if (crc32(source.subarray(at, at + crcAt), seed) !== source.readUInt32LE(at + crcAt)) return null;
  const ordinal = readU64(source, at + 8);
  const baseCut = readU64(source, at + 16);
  const previousRecordBytes = source.readUInt32LE(at + 24);
  const detail = source.readUInt8(at + 5);
  if (source.readUInt8(at + 4) === blockKind) {
    return {
      kind: 'block',
      ordinal,
      baseCut,
      previousRecordBytes,
      block: readU64(source, at + 36),
      pageMask: detail,
      payloadBytes: source.readUInt32LE(at + 28),
      payloadCrc: source.readUInt32LE(at + 32),
      digest: source.subarray(at + 44, at + crcAt),
    };
  }
  const consistency = consistencies[detail - 1];
  if (source.readUInt8(at + 4) !== cutKind || consistency === undefined) return null;
  const mark: CutMark = {
    cut: readU64(source, at + 28),
    takenAtMs: readU64(source, at + 36),
    consistency,
    blocks: readU64(source, at + 44),
    payloadBytes: readU64(source, at + 52),
  };
  return { kind: 'cut', ordinal, baseCut, previousRecordBytes, mark };
};

const encodeLink = (target: Buffer, at: number, kind: number, detail: number, link: RecordLink): void => {
  target.writeUInt32LE(magic, at);
  target.writeUInt8(kind, at + 4);
  target.writeUInt8(detail, at + 5);
  target.writeUInt16LE(0, at + 6);
  writeU64(target, link.ordinal, at + 8);
  writeU64(target, link.baseCut, at + 16);
  target.writeUInt32LE(link.previousRecordBytes, at + 24);
};

const seal = (target: Buffer, at: number, seed: number): void => {
  target.writeUInt32LE(crc32(target.subarray(at, at + crcAt), seed), at + crcAt);
};
