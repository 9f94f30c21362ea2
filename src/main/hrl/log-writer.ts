import { existsSync, fdatasyncSync, ftruncateSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../contract/errors.ts';
import { digestBytes } from '../block/digest.ts';
import { type BlockChange, trackingBlockBytes } from '../block/tracking-block.ts';
import { writeFileAtomically } from '../platform/durable.ts';
import { writeFully } from '../platform/positional-io.ts';
import { logWriteError } from './log-error.ts';
import { LogFile } from './log-file.ts';
import { encodeLogHeader, type LogExpectation, type LogHeader } from './log-header.ts';
import {
  type BlockRecord,
  type CutMark,
  type CutRecord,
  encodeBlockHeader,
  encodeCutHeader,
  recordBytes,
  recordHeaderBytes,
} from './log-record.ts';
import type { RecordChain } from './record-chain.ts';
import { recoverTail, type TailRecovery } from './recover-tail.ts';

/** Records are gathered until this much is there, then written by one system call. */
const batchBytes = 1024 * 1024;

/** What an append needs to know about the log it goes on with. */
export interface AppendExpectation extends LogExpectation {
  readonly diskId: string;
  readonly lineage: string;
}

/**
 * Appends to a log. Only a cut makes records count: whatever comes after the last one is cut back when the log is opened
 * again. After a failed call the writer refuses everything but `rollback` and `close`. For one thread, one writer a log.
 */
export class LogWriter {
  readonly path: string;
  readonly header: LogHeader;
  readonly #file: LogFile;
  /** The place after the last appended record, and after the last cut mark. */
  #chain: RecordChain;
  #committed: RecordChain;
  #lastCut: CutMark | null;
  /** Allocated by the first append: a log that is only opened costs nothing. */
  #batch: Buffer | null = null;
  #filled = 0;
  #unsynced = false;
  #failure: ReplicationError | null = null;

  /**
   * Creates an empty log, durably: the name never shows a file with half a header.
   * @throws ReplicationError `INPUT_INVALID`, `HRL_WRITE_FAILED` (also when the file exists), `VOLUME_LOW_SPACE`
   */
  static create(path: string, header: LogHeader): LogWriter {
    const bytes = encodeLogHeader(header);
    if (existsSync(path)) {
      throw new ReplicationError('HRL_WRITE_FAILED', `The replication log ${path} exists already.`, {
        file: path,
      });
    }
    try {
      writeFileAtomically(path, bytes);
    } catch (error) {
      throw logWriteError(error, path);
    }
    return LogWriter.openForAppend(path, header).writer;
  }

  /**
   * Opens a log to go on with it. What an interrupted pass left after the last cut mark is cut off.
   * @throws ReplicationError `HRL_MISSING`, `HRL_FOREIGN`, `HRL_UNSUPPORTED`, `HRL_CORRUPT`, `HRL_WRITE_FAILED`, `HRL_READ_FAILED`
   */
  static openForAppend(
    path: string,
    expected: AppendExpectation,
  ): { writer: LogWriter; recovery: TailRecovery } {
    const { diskId, lineage, purpose, minimumCut } = expected;
    const file = LogFile.open(path, 'r+', { diskId, lineage, ...(purpose && { purpose }) });
    try {
      const { recovery, committed } = recoverTail(file, minimumCut ?? 0);
      return { writer: new LogWriter(file, committed, recovery.lastCut), recovery };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: LogFile, committed: RecordChain, lastCut: CutMark | null) {
    this.path = file.path;
    this.header = file.header;
    this.#file = file;
    this.#committed = committed;
    this.#chain = committed.clone();
    this.#lastCut = lastCut;
  }

  /** Size of the log, with what is gathered but not written yet. */
  get bytes(): number {
    return this.#chain.offset;
  }

  get lastCut(): CutMark | null {
    return this.#lastCut;
  }

  /** Block records since the last cut. */
  get unfinishedRecords(): number {
    return this.#chain.blocks;
  }

  /**
   * Appends one block's change; `change` may be reused at once. Durable only with the next cut.
   * @throws ReplicationError `INPUT_INVALID` (nothing was appended), `HRL_WRITE_FAILED`, `VOLUME_LOW_SPACE`
   */
  append(change: BlockChange): void {
    this.#refuseAfterFailure();
    const { block, pageMask, data, digest } = change;
    const chain = this.#chain;
    const payload = { kind: 'block', block, pageMask, payloadBytes: data.length, digest } as const;
    const flaw =
      digest.length === digestBytes
        ? chain.blockFlawOf({ ...payload, payloadCrc: 0 })
        : 'a digest is not 16 bytes';
    if (flaw !== null) {
      throw new ReplicationError('INPUT_INVALID', `Nothing was logged in ${this.path}: ${flaw}.`, {
        file: this.path,
      });
    }
    const length = recordBytes(data.length);
    this.#batch ??= Buffer.allocUnsafeSlow(batchBytes + recordBytes(trackingBlockBytes));
    const batch = this.#batch;
    const at = this.#filled;
    const end = at + length;
    const { ordinal, baseCut, previousRecordBytes } = chain;
    const record: BlockRecord = {
      ...payload,
      ordinal,
      baseCut,
      previousRecordBytes,
      payloadCrc: crc32(data),
    };
    encodeBlockHeader(batch, at, this.#file.seed, record);
    batch.set(data, at + recordHeaderBytes);
    batch.fill(0, at + recordHeaderBytes + data.length, end);
    this.#filled = end;
    chain.advance(record);
    if (end >= batchBytes) this.#flush();
  }

  /**
   * Marks the end of a pass. When it returns, the cut and everything before it survive power loss.
   * @throws ReplicationError `INPUT_INVALID`, `HRL_WRITE_FAILED`, `VOLUME_LOW_SPACE`
   */
  cut(mark: Pick<CutMark, 'cut' | 'takenAtMs' | 'consistency'>): void {
    this.#refuseAfterFailure();
    const chain = this.#chain;
    const { ordinal, baseCut, previousRecordBytes, blocks, payloadBytes } = chain;
    const { cut, takenAtMs, consistency } = mark;
    const record: CutRecord = {
      kind: 'cut',
      ordinal,
      baseCut,
      previousRecordBytes,
      mark: { cut, takenAtMs, consistency, blocks, payloadBytes },
    };
    const flaw = chain.flawOf(record);
    if (flaw !== null) {
      throw new ReplicationError('INPUT_INVALID', `${this.path} cannot be cut: ${flaw}.`, {
        file: this.path,
      });
    }
    // The records reach the disk before the mark does: a mark that is found proves that they are all there.
    this.sync();
    const bytes = Buffer.alloc(recordHeaderBytes);
    encodeCutHeader(bytes, 0, this.#file.seed, record);
    this.#guard(() => {
      writeFully(this.#file.handle, bytes, chain.offset);
      fdatasyncSync(this.#file.handle);
    });
    chain.advance(record);
    this.#committed = chain.clone();
    this.#lastCut = record.mark;
  }

  /**
   * Drops the records since the last cut and makes a writer that failed usable again.
   * @throws ReplicationError `HRL_WRITE_FAILED`
   */
  rollback(): void {
    this.#filled = 0;
    this.#failure = null;
    this.#guard(() => ftruncateSync(this.#file.handle, this.#committed.offset));
    this.#chain = this.#committed.clone();
  }

  /** Everything appended so far is on the disk when it returns, still without a cut. */
  sync(): void {
    this.#refuseAfterFailure();
    this.#flush();
    if (!this.#unsynced) return;
    this.#guard(() => fdatasyncSync(this.#file.handle));
    this.#unsynced = false;
  }

  /** Lets go of the file. Records since the last cut or `sync` may be lost, which opening it again takes care of. */
  close(): void {
    this.#file.close();
  }

  #flush(): void {
    const filled = this.#filled;
    if (this.#batch === null || filled === 0) return;
    const batch = this.#batch.subarray(0, filled);
    this.#guard(() => writeFully(this.#file.handle, batch, this.#chain.offset - filled));
    this.#filled = 0;
    this.#unsynced = true;
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failure = logWriteError(error, this.path, this.#chain.offset);
      throw this.#failure;
    }
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
