import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { BlockBitmapWriter, bitmapPath } from '../../block/block-bitmap.ts';
import type { DigestTable } from '../../block/digest-table.ts';
import { type BlockChange, trackingBlockBytes } from '../../block/tracking-block.ts';
import { logHeaderBytes } from '../../hrl/log-header.ts';
import type { CutMark } from '../../hrl/log-record.ts';
import { LogWriter } from '../../hrl/log-writer.ts';
import { activeLogPath } from '../../hrl/rotation.ts';
import { removeDurably } from '../../platform/durable.ts';
import { freeBytesNow } from '../../platform/volume.ts';
import type { Tasks } from '../protocol.ts';
import { createLog } from './open-log.ts';
import { missingLog } from './seal-log.ts';

/** How many logged bytes may pass before the volume's free space is measured again. */
const spaceCheckBytes = 64 * 1024 * 1024;

/**
 * Where a pass puts what changed: the active log, or, once that would leave the disk's volume less free space than the
 * reserve, the bitmap of changed blocks. Falling back takes the pass's records out of the log again and gives their
 * space back; earlier cuts stay. The digests do not move for blocks in the bitmap: the next pass finds them again.
 */
export class ChangeSink {
  readonly logPath: string;
  /** The last cut that the log held before the pass; null when it held none. */
  readonly loggedCut: number | null;
  /** What a crash had left behind that cut. */
  readonly cutBackBytes: number;
  /** Free space of the disk's volume when it was last measured. */
  freeBytes: number | null = null;
  /** Size of the disk's sealed logs, which count for the limit too. */
  sealedBytes = 0;
  /** Whether the pass went into the bitmap because the logs reached their limit. */
  overgrown = false;
  readonly #params: Tasks['scan']['params'];
  readonly #table: DigestTable;
  #writer: LogWriter | null;
  /** The pass's blocks, beside the log too: should the log end, it is needed whole. */
  #bitmap: BlockBitmapWriter | null = null;
  #degraded = false;
  #nextSpaceCheckAt = 0;

  /**
   * Opens the active log, if there is one; a new one is created with the first change.
   * @throws ReplicationError as `LogWriter.openForAppend`; `HRL_MISSING` when the digests prove that there was a log
   */
  constructor(params: Tasks['scan']['params'], table: DigestTable) {
    const { source, tracking, previousCut } = params;
    this.#params = params;
    this.#table = table;
    this.logPath = activeLogPath(tracking.rootPath);
    // The digests are never ahead of what was durably logged: what they know of must be in the log.
    const minimumCut = table.cut > previousCut ? table.cut : 0;
    if (existsSync(this.logPath)) {
      const { diskId } = source;
      const { lineage } = tracking;
      const { writer, recovery } = LogWriter.openForAppend(this.logPath, { diskId, lineage, minimumCut });
      this.#writer = isOutdated(writer, previousCut) ? discard(writer) : writer;
      this.cutBackBytes = recovery.cutBackBytes;
    } else {
      if (minimumCut > 0) throw missingLog(source.name, this.logPath);
      this.#writer = null;
      this.cutBackBytes = 0;
    }
    this.loggedCut = this.#writer?.lastCut?.cut ?? null;
  }

  /** Whether the pass goes into the bitmap. */
  get isDegraded(): boolean {
    return this.#degraded;
  }

  /** Size of the active log; 0 while it holds nothing. */
  get logBytes(): number {
    const bytes = this.#writer?.bytes ?? 0;
    return bytes > logHeaderBytes ? bytes : 0;
  }

  /** Blocks that changed in this pass. */
  get changedBlocks(): number {
    return this.#bitmap?.count ?? 0;
  }

  /**
   * Takes one block's change; `change` may be reused at once.
   * @throws ReplicationError `HRL_WRITE_FAILED`; `VOLUME_LOW_SPACE` when there is no room for the bitmap either
   */
  add(change: BlockChange): void {
    // What an earlier pass found says beforehand whether the log would have to be given up half way.
    const expectedBytes = this.#bitmap === null ? this.#params.expectedBlocks * trackingBlockBytes : 0;
    this.#bitmap ??= this.#newBitmap();
    this.#bitmap.add(change.block);
    if (this.#degraded) return;
    if (this.#isOvergrown(expectedBytes)) {
      this.overgrown = true;
      this.#degrade();
    } else if (!this.#hasRoom() || !this.#tookIt(() => this.#append(change))) this.#degrade();
  }

  /** Makes the pass durable, without a cut yet; a bitmap takes the place of an earlier one. */
  finish(): void {
    if (!this.#degraded && !this.#tookIt(() => this.#writer?.sync())) this.#degrade();
    if (this.#degraded) this.#bitmap?.finish();
  }

  /** Marks the end of the pass in the log. @throws ReplicationError as `LogWriter.cut` */
  cut(mark: Pick<CutMark, 'cut' | 'takenAtMs' | 'consistency'>): void {
    if (this.#degraded || this.#writer === null) {
      throw new ReplicationError('STATE_INVALID', `Nothing of this pass is in the log ${this.logPath}.`, {
        file: this.logPath,
      });
    }
    this.#writer.cut(mark);
  }

  /** Takes out of the log what the pass put there. */
  rollback(): void {
    this.#writer?.rollback();
  }

  close(): void {
    this.#bitmap?.abandon();
    this.#writer?.close();
  }

  #newBitmap(): BlockBitmapWriter {
    const { source, tracking } = this.#params;
    return new BlockBitmapWriter(bitmapPath(tracking.tablePath), {
      diskId: source.diskId,
      lineage: tracking.lineage,
      diskSizeBytes: source.sizeBytes,
      cut: this.#table.cut,
    });
  }

  #append(change: BlockChange): void {
    this.#writer ??= createLog(this.#params);
    this.#writer.append(change);
  }

  /** False when the log's volume is full. */
  #tookIt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (error instanceof ReplicationError && error.code === 'VOLUME_LOW_SPACE') return false;
      throw error;
    }
  }

  #isOvergrown(expectedBytes: number): boolean {
    const { atThreshold, thresholdBytes } = this.#params;
    return atThreshold === 'bitmap' && this.sealedBytes + this.logBytes + expectedBytes >= thresholdBytes;
  }

  #hasRoom(): boolean {
    const bytes = this.logBytes;
    if (bytes < this.#nextSpaceCheckAt) return true;
    const { tracking, reserveBytes, expectedBlocks } = this.#params;
    // What an earlier pass found says beforehand whether the log would have to be given up half way.
    const expectedBytes = this.#nextSpaceCheckAt === 0 ? expectedBlocks * trackingBlockBytes : 0;
    this.#nextSpaceCheckAt = bytes + spaceCheckBytes;
    this.freeBytes = freeBytesNow(dirname(tracking.rootPath));
    return this.freeBytes - expectedBytes >= reserveBytes;
  }

  #degrade(): void {
    this.#degraded = true;
    this.rollback();
    // Where room is short even an empty log is in the way.
    if (this.#writer !== null && this.#writer.lastCut === null) this.#writer = discard(this.#writer);
  }
}

/** A log without a cut may have been opened before another one was sent: then its header says wrongly what it follows. */
const isOutdated = (writer: LogWriter, previousCut: number): boolean =>
  writer.lastCut === null && writer.header.previousCut !== previousCut;

const discard = (writer: LogWriter): null => {
  writer.close();
  removeDurably(writer.path);
  return null;
};
