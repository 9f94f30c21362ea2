import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { sealStructure } from '../../src/main/disk/vhdx/checksum.ts';
import { writeGuid } from '../../src/main/disk/vhdx/guid.ts';
import { headerBytes, headerOffsets } from '../../src/main/disk/vhdx/vhdx-format.ts';
import { decodeHeader, encodeHeader, type VhdxHeader } from '../../src/main/disk/vhdx/vhdx-header.ts';

const sectorBytes = 4096;

/** A change that a log entry shall ask for: 4 KiB of data, or a run of zeros. */
export type LoggedChange =
  | { readonly offset: number; readonly data: Buffer }
  | { readonly offset: number; readonly zeros: number };

export interface EntryFields {
  readonly sequence: bigint;
  readonly tail: number;
  readonly logGuid: string;
  readonly flushedFileOffset: number;
  readonly lastFileOffset: number;
  readonly changes: readonly LoggedChange[];
}

/** One valid log entry, as Hyper-V would have written it. */
export const buildLogEntry = (entry: EntryFields): Buffer => {
  const data = entry.changes.flatMap((change) => ('data' in change ? [change.data] : []));
  const tableBytes = Math.ceil((64 + entry.changes.length * 32) / sectorBytes) * sectorBytes;
  const bytes = Buffer.alloc(tableBytes + data.length * sectorBytes);
  bytes.write('loge', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 8);
  bytes.writeUInt32LE(entry.tail, 12);
  bytes.writeBigUInt64LE(entry.sequence, 16);
  bytes.writeUInt32LE(entry.changes.length, 24);
  writeGuid(entry.logGuid, bytes, 32);
  bytes.writeBigUInt64LE(BigInt(entry.flushedFileOffset), 48);
  bytes.writeBigUInt64LE(BigInt(entry.lastFileOffset), 56);
  entry.changes.forEach((change, index) => {
    const at = 64 + index * 32;
    if ('data' in change) {
      bytes.write('desc', at, 'latin1');
      change.data.copy(bytes, at + 4, sectorBytes - 4);
      change.data.copy(bytes, at + 8, 0, 8);
    } else {
      bytes.write('zero', at, 'latin1');
      bytes.writeBigUInt64LE(BigInt(change.zeros), at + 8);
    }
    bytes.writeBigUInt64LE(BigInt(change.offset), at + 16);
    bytes.writeBigUInt64LE(entry.sequence, at + 24);
  });
  data.forEach((sector, index) => {
    const at = tableBytes + index * sectorBytes;
    sector.copy(bytes, at);
    bytes.write('data', at, 'latin1');
    bytes.writeUInt32LE(Number(entry.sequence >> 32n), at + 4);
    bytes.writeUInt32LE(Number(entry.sequence & 0xffffffffn), at + sectorBytes - 4);
  });
  sealStructure(bytes);
  return bytes;
};

/** Changes fields of both headers of a file, checksums made to fit. */
export const patchHeaders = (path: string, change: (header: VhdxHeader) => VhdxHeader): void => {
  for (const offset of headerOffsets) {
    const bytes = readAt(path, offset, headerBytes);
    const header = decodeHeader(bytes);
    if (header !== null) writeAt(path, encodeHeader(change(header)), offset);
  }
};

export const readAt = (path: string, offset: number, length: number): Buffer => {
  const handle = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(handle, bytes, 0, length, offset);
    return bytes;
  } finally {
    closeSync(handle);
  }
};

export const writeAt = (path: string, bytes: Buffer, offset: number): void => {
  const handle = openSync(path, 'r+');
  try {
    writeSync(handle, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(handle);
  }
};
