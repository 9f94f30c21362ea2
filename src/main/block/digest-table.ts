import { closeSync, fdatasync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { ReplicationError } from '../../contract/errors.ts';
import { renameDurably } from '../platform/durable.ts';
import { errnoOf, isOutOfSpace, readFully, writeFully } from '../platform/positional-io.ts';
import { digestBytes, isZero } from './digest.ts';
import { DigestPages } from './digest-pages.ts';
import {
  type DigestTableState,
  decodeTableHeader,
  encodeTableSlot,
  flawOfTableState,
  type TableSlot,
  tableHeaderBytes,
  tableSlotBytes,
} from './digest-table-header.ts';
import { blockCount } from './tracking-block.ts';

/** What a new table is about: at cut 0, being built, unless said otherwise. */
export type NewDigestTable = Pick<DigestTableState, 'diskId' | 'diskSizeBytes' | 'lineage'> &
  Partial<Pick<DigestTableState, 'cut' | 'complete' | 'checkpointOffset'>>;

export type ExpectedTable = Pick<DigestTableState, 'diskId' | 'diskSizeBytes'> &
  Partial<Pick<DigestTableState, 'lineage'>>;

const fdatasyncAsync = promisify(fdatasync);

/** Digests looked at in one go when a range is cleared. */
const clearBlocks = 4096;

/**
 * The digests of a disk's tracking blocks, 16 bytes each, behind a header that says what they stand for: the state of
 * the disk at `cut` of `lineage`. At 1/2,048 of the disk and a few pages of memory.
 *
 * Digests are not synced one by one. The rule that keeps a crash harmless is the caller's: write only digests of blocks
 * whose records are durable under a cut (or whose data the replica confirmed), so that a table which fell back is
 * merely behind, and going over the same records again repairs it. A digest that rots makes a block be sent once more.
 */
export class DigestTable {
  readonly path: string;
  readonly blockCount: number;
  readonly #handle: number;
  readonly #pages: DigestPages;
  #slot: TableSlot;
  #closed = false;

  /**
   * Creates a sparse table of zero blocks, durably, in place of any at `path`. No other instance may have that open.
   * @throws ReplicationError `INPUT_INVALID`, `TRACKING_WRITE_FAILED`, `VOLUME_LOW_SPACE`
   */
  static create(path: string, initial: NewDigestTable): DigestTable {
    const state: DigestTableState = { cut: 0, complete: false, checkpointOffset: 0, ...initial };
    const flaw = flawOfTableState(state);
    if (flaw !== null) throw new ReplicationError('INPUT_INVALID', `A digest table cannot have ${flaw}.`);
    const temporary = `${path}.tmp`;
    try {
      const handle = openSync(temporary, 'w');
      try {
        ftruncateSync(handle, tableBytes(state.diskSizeBytes));
        writeFully(handle, encodeTableSlot({ state, generation: 0 }), 0);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameDurably(temporary, path);
    } catch (error) {
      throw tableWriteError(error, path);
    }
    return DigestTable.open(path, state);
  }

  /** @throws ReplicationError `TRACKING_DAMAGED` when the table is missing, invalid or about something else */
  static open(path: string, expected: ExpectedTable): DigestTable {
    let handle: number;
    try {
      handle = openSync(path, 'r+');
    } catch (error) {
      const what = errnoOf(error) === 'ENOENT' ? 'does not exist' : 'could not be opened';
      throw damaged(path, what, error);
    }
    try {
      return new DigestTable(path, handle, readSlot(handle, path, expected));
    } catch (error) {
      closeSync(handle);
      throw error instanceof ReplicationError ? error : damaged(path, 'could not be read', error);
    }
  }

  private constructor(path: string, handle: number, slot: TableSlot) {
    this.path = path;
    this.#handle = handle;
    this.#slot = slot;
    this.blockCount = blockCount(slot.state.diskSizeBytes);
    this.#pages = new DigestPages(handle, tableHeaderBytes, this.blockCount * digestBytes);
  }

  get state(): DigestTableState {
    return this.#slot.state;
  }

  get cut(): number {
    return this.state.cut;
  }

  get lineage(): string {
    return this.state.lineage;
  }

  get complete(): boolean {
    return this.state.complete;
  }

  get checkpointOffset(): number {
    return this.state.checkpointOffset;
  }

  /** Copies the digests of [firstBlock, firstBlock + count) to the start of `target`. */
  read(firstBlock: number, count: number, target: Uint8Array): void {
    this.#requireRange(firstBlock, count, target.length);
    const part = target.subarray(0, count * digestBytes);
    try {
      this.#pages.read(part, firstBlock * digestBytes);
    } catch (error) {
      throw damaged(this.path, 'could not be read', error);
    }
  }

  /**
   * Sets the digests of consecutive blocks, 16 bytes each. Seen by `read` at once, durable with `flush`.
   * @throws ReplicationError `TRACKING_WRITE_FAILED`, `VOLUME_LOW_SPACE`
   */
  write(firstBlock: number, digests: Uint8Array): void {
    this.#requireRange(firstBlock, digests.length / digestBytes, digests.length);
    this.#writing(() => this.#pages.write(digests, firstBlock * digestBytes));
  }

  /** Sets the digests of [firstBlock, firstBlock + count) to those of zero blocks; what is zero already stays sparse. */
  clear(firstBlock: number, count: number): void {
    const part = Buffer.allocUnsafe(Math.min(count, clearBlocks) * digestBytes);
    for (let done = 0; done < count; done += clearBlocks) {
      const blocks = Math.min(clearBlocks, count - done);
      const digests = part.subarray(0, blocks * digestBytes);
      this.read(firstBlock + done, blocks, digests);
      if (!isZero(digests)) this.write(firstBlock + done, digests.fill(0));
    }
  }

  /** Everything written is durable when it returns. */
  flush(): void {
    this.#writing(() => {
      this.#pages.writeBack();
      fdatasyncSync(this.#handle);
    });
  }

  /** Makes all digests durable, then the new header, durably: a header never promises digests that are not there. */
  setHeader(change: Partial<Omit<DigestTableState, 'diskId' | 'diskSizeBytes'>>): void {
    const slot = this.#nextSlot(change);
    this.flush();
    this.#writing(() => {
      this.#writeSlot(slot);
      fdatasyncSync(this.#handle);
    });
    this.#slot = slot;
  }

  /**
   * As `setHeader` with a new `checkpointOffset`, without holding up the thread while the volume takes it all. Digests
   * may be written meanwhile, but nothing else may be made durable.
   */
  async checkpoint(checkpointOffset: number): Promise<void> {
    const slot = this.#nextSlot({ checkpointOffset });
    this.#requireOpen();
    try {
      this.#pages.writeBack();
      await fdatasyncAsync(this.#handle);
      this.#writeSlot(slot);
      await fdatasyncAsync(this.#handle);
    } catch (error) {
      throw tableWriteError(error, this.path);
    }
    this.#slot = slot;
  }

  /** Lets go of the file. What was written since the last `flush` is lost, as after a crash. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#handle);
  }

  #nextSlot(change: Partial<DigestTableState>): TableSlot {
    const slot: TableSlot = { state: { ...this.state, ...change }, generation: this.#slot.generation + 1 };
    const flaw = flawOfTableState(slot.state);
    if (flaw === null) return slot;
    throw new ReplicationError('INPUT_INVALID', `A digest table cannot have ${flaw}.`, { file: this.path });
  }

  #writeSlot(slot: TableSlot): void {
    writeFully(this.#handle, encodeTableSlot(slot), (slot.generation % 2) * tableSlotBytes);
  }

  #writing(call: () => void): void {
    this.#requireOpen();
    try {
      call();
    } catch (error) {
      throw tableWriteError(error, this.path);
    }
  }

  #requireRange(firstBlock: number, count: number, bytes: number): void {
    this.#requireOpen();
    const fits =
      Number.isSafeInteger(firstBlock) && Number.isSafeInteger(count) && firstBlock >= 0 && count >= 0;
    if (fits && firstBlock + count <= this.blockCount && count * digestBytes <= bytes) return;
    throw new ReplicationError(
      'INPUT_INVALID',
      `${this.path} has ${this.blockCount} digests; ${count} from block ${firstBlock} were asked for.`,
      { file: this.path },
    );
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new ReplicationError('STATE_INVALID', `The digest table ${this.path} was closed.`, {
      file: this.path,
    });
  }
}

const tableBytes = (diskSizeBytes: number): number =>
  tableHeaderBytes + blockCount(diskSizeBytes) * digestBytes;

const readSlot = (handle: number, path: string, expected: ExpectedTable): TableSlot => {
  const bytes = Buffer.alloc(tableHeaderBytes);
  const slot = decodeTableHeader(bytes.subarray(0, readFully(handle, bytes, 0)));
  if (slot === null) throw damaged(path, 'has no valid header');
  const { diskId, diskSizeBytes, lineage } = slot.state;
  if (diskId !== expected.diskId) throw damaged(path, `belongs to disk ${diskId}`);
  if (diskSizeBytes !== expected.diskSizeBytes)
    throw damaged(path, `is for a disk of ${diskSizeBytes} bytes`);
  if (expected.lineage !== undefined && lineage !== expected.lineage) {
    throw damaged(path, `belongs to lineage ${lineage}`);
  }
  if (fstatSync(handle).size !== tableBytes(diskSizeBytes)) throw damaged(path, 'has the wrong length');
  return slot;
};

const damaged = (path: string, what: string, cause?: unknown): ReplicationError =>
  new ReplicationError('TRACKING_DAMAGED', `The digest table ${path} ${what}.`, { file: path, cause });

const tableWriteError = (error: unknown, path: string): ReplicationError => {
  const context = { file: path, cause: error };
  return isOutOfSpace(error)
    ? new ReplicationError('VOLUME_LOW_SPACE', `The volume that holds ${path} is full.`, context)
    : new ReplicationError(
        'TRACKING_WRITE_FAILED',
        `The digest table ${path} could not be written.`,
        context,
      );
};
