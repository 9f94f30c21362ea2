import { close, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes } from '../../block/digest.ts';
import type { DigestTable } from '../../block/digest-table.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import type { VirtualDiskWriter } from '../../disk/virtual-disk.ts';
import { inGrantedPieces, type WritePacer } from '../pacing/write-pacer.ts';
import type { InitialReplica } from '../replica-vault.ts';
import { atVault } from './vault-errors.ts';
import type { InitialRecord } from './vm-record.ts';

const syncData = promisify(fdatasync);
const closeFile = promisify(close);

/** Writing back begins this early, beside the copy, so that the flush at the end finds little left to do. */
const writeBackBytes = 64 * 1024 * 1024;

export interface InitialFiles {
  readonly root: string;
  readonly writer: VirtualDiskWriter;
  readonly table: DigestTable;
  readonly pacer: WritePacer;
  /** Replaces `initial.json`. */
  readonly save: (record: InitialRecord) => void;
}

/** Fills a disk's first replica, in a `.partial` file that only the commit gives its name. */
export class InitialCopy implements InitialReplica {
  readonly resumedFromOffset: number;
  readonly #files: InitialFiles;
  readonly #record: InitialRecord;
  /** A second handle on the replica: syncing it writes back what came through the first. */
  readonly #syncHandle: number;
  /** Beyond these offsets there is nothing to clear: neither data nor digests. */
  #dataEnd: number;
  #digestEnd: number;
  #unsyncedBytes = 0;
  #writeBack: Promise<void> | null = null;
  #failure: unknown = null;
  #open = true;

  constructor(files: InitialFiles, record: InitialRecord, resumedFromOffset: number) {
    this.#files = files;
    this.#record = record;
    this.resumedFromOffset = resumedFromOffset;
    this.#syncHandle = openSync(files.writer.path, 'r+');
    // The interrupted run may have written anywhere; its digests beyond the checkpoint are cut off already.
    this.#dataEnd = resumedFromOffset === 0 ? 0 : record.sizeBytes;
    this.#digestEnd = resumedFromOffset;
  }

  write(offset: number, data: Uint8Array, digests: Uint8Array): Promise<void> {
    return this.#guard(() => {
      const firstBlock = this.#blocksOf(offset, data.length).firstBlock;
      return inGrantedPieces(this.#files.pacer, data.length, trackingBlockBytes, (at, length) => {
        const block = at / trackingBlockBytes;
        const part = digests.subarray(block * digestBytes, (block + blockCount(length)) * digestBytes);
        this.#writePart(offset + at, data.subarray(at, at + length), firstBlock + block, part);
      });
    });
  }

  zero(offset: number, length: number): Promise<void> {
    return this.#guard(() => {
      const { firstBlock, count } = this.#blocksOf(offset, length);
      if (offset < this.#dataEnd) this.#files.writer.zero(offset, length);
      if (offset < this.#digestEnd) this.#files.table.clear(firstBlock, count);
    });
  }

  flush(): Promise<void> {
    return this.#guard(() => this.#flush());
  }

  seal(cut: number): Promise<void> {
    return this.#guard(async () => {
      await this.#flush();
      this.#files.table.setHeader({ cut, complete: true });
      await this.#files.writer.close();
      await this.#release();
      this.#files.save({ ...this.#record, sealedCut: cut });
    });
  }

  close(): Promise<void> {
    return atVault(this.#files.root, () => this.#release());
  }

  async #flush(): Promise<void> {
    await this.#writeBack;
    if (this.#failure !== null) throw this.#failure;
    await this.#files.writer.flush();
    this.#files.table.flush();
    this.#unsyncedBytes = 0;
  }

  #writePart(offset: number, data: Uint8Array, firstBlock: number, digests: Uint8Array): void {
    if (this.#failure !== null) throw this.#failure;
    this.#files.writer.write(data, offset);
    this.#files.table.write(firstBlock, digests);
    this.#dataEnd = Math.max(this.#dataEnd, offset + data.length);
    this.#digestEnd = Math.max(this.#digestEnd, offset + data.length);
    this.#unsyncedBytes += data.length;
    if (this.#unsyncedBytes >= writeBackBytes) this.#startWriteBack();
  }

  #startWriteBack(): void {
    if (this.#writeBack !== null) return;
    this.#unsyncedBytes = 0;
    this.#writeBack = syncData(this.#syncHandle)
      .catch((error: unknown) => {
        // The next call throws it: a failed sync is reported by the system only once.
        this.#failure = error;
      })
      .finally(() => {
        this.#writeBack = null;
      });
  }

  #guard<T>(work: () => T | Promise<T>): Promise<T> {
    return atVault(this.#files.root, () => {
      if (this.#failure !== null) throw this.#failure;
      if (this.#open) return work();
      throw new ReplicationError('STATE_INVALID', 'The initial replica is sealed or closed already.', {
        file: this.#files.writer.path,
      });
    });
  }

  #blocksOf(offset: number, length: number): { firstBlock: number; count: number } {
    const end = offset + length;
    const aligned = offset % trackingBlockBytes === 0;
    if (aligned && (end % trackingBlockBytes === 0 || end === this.#record.sizeBytes)) {
      return { firstBlock: offset / trackingBlockBytes, count: blockCount(length) };
    }
    throw new ReplicationError(
      'INPUT_INVALID',
      `Bytes ${offset} + ${length} are not whole blocks of the disk.`,
      {
        file: this.#files.writer.path,
        offset,
      },
    );
  }

  async #release(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#writeBack;
    this.#files.writer.abandon();
    this.#files.table.close();
    await closeFile(this.#syncHandle);
  }
}
