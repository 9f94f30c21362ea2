import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes } from '../../block/digest.ts';
import { LogFile } from '../../hrl/log-file.ts';
import type { LogExpectation } from '../../hrl/log-header.ts';
import { decodeRecord, recordHeaderBytes } from '../../hrl/log-record.ts';
import { readFully } from '../../platform/positional-io.ts';

/** One log whose records lie over a replica. */
export interface OverlayLayer {
  readonly path: string;
  readonly expected: LogExpectation;
  /** Which of several records of one block counts first: the earliest of before-images, the latest of a delta. */
  readonly newestFirst: boolean;
}

/** A process may hold about a thousand files; a point may lie below more before-images than that. */
const mostOpenFiles = 16;

/** Reads single records out of many logs, with few of them open at a time. */
export class RecordFiles {
  readonly #layers: readonly OverlayLayer[];
  readonly #open = new Map<number, LogFile>();
  readonly #buffer = Buffer.allocUnsafeSlow(recordHeaderBytes + 32 * 1024);

  constructor(layers: readonly OverlayLayer[]) {
    this.#layers = layers;
  }

  /**
   * The data of the record at `offset` of a layer, checked; a view that is valid until the next call.
   * @throws ReplicationError REPLICA_INVALID naming file and offset
   */
  payload(layer: number, offset: number, block: number): Uint8Array {
    const { record, file } = this.#record(layer, offset, block, true);
    const data = this.#buffer.subarray(recordHeaderBytes, recordHeaderBytes + record.payloadBytes);
    if (crc32(data) !== record.payloadCrc) throw damaged(file.path, offset, 'its data have a wrong checksum');
    return data;
  }

  /** Copies the digest of the record at `offset` into `target` at `at`. */
  digest(layer: number, offset: number, block: number, target: Uint8Array, at: number): void {
    const { record } = this.#record(layer, offset, block, false);
    target.set(record.digest.subarray(0, digestBytes), at);
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  #record(layer: number, offset: number, block: number, withPayload: boolean) {
    const file = this.#file(layer);
    const wanted = withPayload ? this.#buffer : this.#buffer.subarray(0, recordHeaderBytes);
    const found = readFully(file.handle, wanted, offset);
    const record = found < recordHeaderBytes ? null : decodeRecord(this.#buffer, 0, file.seed);
    if (record?.kind !== 'block' || record.block !== block) {
      throw damaged(file.path, offset, `there is no record of block ${block}`);
    }
    if (withPayload && found < recordHeaderBytes + record.payloadBytes) {
      throw damaged(file.path, offset, 'the file ends within the record');
    }
    return { record, file };
  }

  #file(layer: number): LogFile {
    let file = this.#open.get(layer);
    if (file === undefined) {
      if (this.#open.size >= mostOpenFiles) {
        const [oldest, unused] = this.#open.entries().next().value!;
        unused.close();
        this.#open.delete(oldest);
      }
      const { path, expected } = this.#layers[layer]!;
      file = LogFile.open(path, 'r', expected);
    } else {
      this.#open.delete(layer);
    }
    this.#open.set(layer, file);
    return file;
  }
}

const damaged = (path: string, offset: number, reason: string): ReplicationError =>
  new ReplicationError('REPLICA_INVALID', `${path} is damaged at byte ${offset}: ${reason}.`, {
    file: path,
    offset,
  });
