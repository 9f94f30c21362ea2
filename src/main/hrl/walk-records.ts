import { crc32 } from 'node:zlib';
import type { FileWindow, LogFile } from './log-file.ts';
import {
  type BlockRecord,
  decodeRecord,
  type LogRecord,
  recordBytes,
  recordHeaderBytes,
} from './log-record.ts';
import type { RecordChain } from './record-chain.ts';

/** A window for walks that read payloads, and one for walks that only hop from header to header. */
export const payloadWindowBytes = 1024 * 1024;
export const headerWindowBytes = 4096;

export interface WalkedRecord {
  readonly record: LogRecord;
  readonly offset: number;
  /** The payload where it was asked for, else empty. A view, valid until the next step. */
  readonly data: Uint8Array;
}

const nothing = new Uint8Array(0);

/**
 * Walks records from `chain` on, which moves along, until byte `end` of the file. Returns null when it got there, and
 * otherwise why the record at `chain.offset` is not good. `wantsPayload` says whose payload is read and checked.
 */
export function* walkRecords(
  file: LogFile,
  window: FileWindow,
  chain: RecordChain,
  end: number,
  wantsPayload: (record: BlockRecord) => boolean,
): Generator<WalkedRecord, string | null> {
  while (chain.offset < end) {
    const { offset } = chain;
    const at = window.forward(offset, recordHeaderBytes);
    if (at < 0) return 'a record is cut off';
    const record = decodeRecord(window.buffer, at, file.seed);
    if (record === null) return 'there is no valid record header';
    const flaw = chain.flawOf(record);
    if (flaw !== null) return flaw;
    if (record.kind === 'cut') {
      chain.advance(record);
      yield { record, offset, data: nothing };
      continue;
    }
    if (offset + recordBytes(record.payloadBytes) > end) return 'a record is cut off';
    if (record.payloadBytes === 0 || !wantsPayload(record)) {
      chain.advance(record);
      yield { record, offset, data: nothing };
      continue;
    }
    const whole = window.forward(offset, recordHeaderBytes + record.payloadBytes);
    if (whole < 0) return 'a record is cut off';
    const start = whole + recordHeaderBytes;
    const data = window.buffer.subarray(start, start + record.payloadBytes);
    if (crc32(data) !== record.payloadCrc) return `the data of block ${record.block} has a wrong checksum`;
    const digest = window.buffer.subarray(whole + 44, whole + 60);
    chain.advance(record);
    yield { record: { ...record, digest }, offset, data };
  }
  return null;
}
