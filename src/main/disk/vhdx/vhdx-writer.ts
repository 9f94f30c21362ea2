import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DiskKind } from '../../../contract/model.ts';
import { syncDirectory } from '../../platform/durable.ts';
import type { VirtualDiskWriter } from '../virtual-disk.ts';
import { type BlockGeometry, batEntry, writeBatEntry } from './block-geometry.ts';
import { BlockMap, type BlockPlace } from './block-map.ts';
import { BlockSpace } from './block-space.ts';
import { type DiskFile, type OpenDiskFile, openDiskFile } from './disk-file.ts';
import { FlushOrder } from './flush-order.ts';
import { zeroGuid } from './guid.ts';
import { updateHeader } from './header-writer.ts';
import { applyLog, writeZeros } from './log-apply.ts';
import { type NewVhdx, writeNewVhdx } from './new-file.ts';
import { SectorBitmaps } from './sector-bitmaps.ts';
import { TablePages } from './table-pages.ts';
import { validateVhdxLayout } from './validate-layout.ts';
import { vhdxError } from './vhdx-error.ts';
import { readVhdxFile, type VhdxFile } from './vhdx-file.ts';
import { bitmapBlockBytes, mib, payloadState } from './vhdx-format.ts';
import type { CurrentHeader } from './vhdx-header.ts';

const zeros = Buffer.alloc(mib);

/** What tests replace: the file, to cut the power, and the limit at which changed tables force a flush. */
export interface WriterSeams {
  readonly open?: OpenDiskFile;
  readonly maxChangedPages?: number | undefined;
}

/**
 * Makes a new dynamic VHDX, or a differencing one when `disk.parent` is given, and opens it for writing.
 * The empty disk is durable when this returns.
 *
 * @throws ReplicationError `DISK_TARGET_EXISTS`, `INPUT_INVALID`, `DISK_TOO_LARGE`, `VOLUME_LOW_SPACE`, `DISK_WRITE_FAILED`
 */
export const createVhdxWriter = (path: string, disk: NewVhdx, seams: WriterSeams = {}): VhdxWriter => {
  const file = (seams.open ?? openDiskFile)(resolve(path), 'create');
  try {
    return closingOnError(file, () => {
      writeNewVhdx(file, disk);
      syncDirectory(dirname(file.path));
      return new VhdxWriter(file, readVhdxFile(file), true, seams.maxChangedPages);
    });
  } catch (error) {
    rmSync(file.path, { force: true });
    throw error;
  }
};

/**
 * Opens a VHDX of ours, of Hyper-V's or of QEMU's for writing. A log that was left is applied to the file first.
 * Nothing else is written before the first change.
 *
 * @throws ReplicationError those of `openVhdxLayer`, `DISK_NOT_FOUND`, `DISK_LOCKED`, `DISK_ACCESS_DENIED`
 */
export const openVhdxWriter = (path: string, seams: WriterSeams = {}): VhdxWriter => {
  const file = (seams.open ?? openDiskFile)(resolve(path), 'existing');
  const { maxChangedPages } = seams;
  return closingOnError(file, () => {
    const found = readVhdxFile(file);
    if (found.pendingLog === null) return new VhdxWriter(file, found, false, maxChangedPages);
    // Checked before the first byte changes: what the log leads to must be a disk.
    validateVhdxLayout(found);
    applyLog(file, found.pendingLog, found.current);
    return new VhdxWriter(file, readVhdxFile(file), false, maxChangedPages);
  });
};

const closingOnError = <T>(file: DiskFile, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    file.close();
    throw error;
  }
};

/**
 * Writes into a VHDX so that the file opens after a crash at any moment, without using its log: data reach the disk
 * before the bitmaps that name them, bitmaps before the BAT, and a BAT entry is replaced in one piece.
 *
 * | after a crash             | what is found                                                                  |
 * |---------------------------|--------------------------------------------------------------------------------|
 * | before `flush` resolved   | each sector written since the last one holds its old or its new content         |
 * | after `flush` resolved    | everything written before it was called                                        |
 * | at any moment             | blocks that nothing names at the end of the file: cut off at the next change     |
 *
 * Offsets and lengths are multiples of 512 bytes, in a differencing disk of the logical sector.
 */
export class VhdxWriter implements VirtualDiskWriter {
  readonly path: string;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly logicalSectorBytes: number;
  readonly diskId: string;
  private readonly file: DiskFile;
  private readonly geometry: BlockGeometry;
  private readonly tables: TablePages;
  private readonly map: BlockMap;
  private readonly bitmaps: SectorBitmaps;
  private readonly space: BlockSpace;
  private readonly order: FlushOrder;
  private readonly alignment: number;
  private current: CurrentHeader;
  private payloadBlocks: number;
  private bitmapBlocks: number;
  /** Whether the headers already say that this session changes the disk. */
  private isAnnounced: boolean;
  private isClosed = false;

  /** Takes over `file`. */
  constructor(file: DiskFile, found: VhdxFile, isNew: boolean, maxChangedPages?: number) {
    const { metadata, geometry } = found;
    const layout = validateVhdxLayout(found);
    this.path = file.path;
    this.kind = metadata.kind;
    this.sizeBytes = metadata.sizeBytes;
    this.blockBytes = metadata.blockBytes;
    this.logicalSectorBytes = metadata.logicalSectorBytes;
    this.diskId = metadata.diskId;
    this.alignment = geometry.isDifferencing ? metadata.logicalSectorBytes : 512;
    this.file = file;
    this.geometry = geometry;
    this.tables = new TablePages(file, maxChangedPages);
    this.map = new BlockMap(file.path, geometry, this.tables, () => file.sizeBytes);
    this.bitmaps = new SectorBitmaps(this.map, this.tables);
    this.space = new BlockSpace(file, metadata.blockBytes, layout);
    this.order = new FlushOrder(file, this.tables, this.space);
    this.current = found.current;
    this.payloadBlocks = layout.payloadBlocks;
    this.bitmapBlocks = layout.bitmapBlocks;
    this.isAnnounced = isNew;
  }

  /** What a child made now must name as its parent; changes with the first change of a session. */
  get linkage(): string {
    return this.current.header.dataWriteGuid;
  }

  /** Bytes of the file that hold blocks of the disk. */
  get allocatedBytes(): number {
    return this.payloadBlocks * this.blockBytes + this.bitmapBlocks * bitmapBlockBytes;
  }

  /** Reads back what was written; what is not in this file, also what a parent holds, reads as zeros. */
  read(target: Uint8Array, offset: number): void {
    this.checkUsable();
    for (const segment of this.map.segments(offset, target.length)) {
      const start = segment.offset - offset;
      const part = target.subarray(start, start + segment.length);
      if (segment.source === 'file') this.file.read(part, segment.fileOffset);
      else part.fill(0);
    }
  }

  /** @throws ReplicationError `INPUT_INVALID` for a range off the disk or not aligned, `VOLUME_LOW_SPACE`, `DISK_WRITE_FAILED` */
  write(data: Uint8Array, offset: number): void {
    this.beginChange(offset, data.length);
    // Neighbouring blocks mostly lie side by side in the file: they go out in one piece, and their entries follow.
    let runStart = 0;
    let runOffset = 0;
    let entries: (() => void)[] = [];
    const writeRun = (end: number) => {
      if (end > runStart) this.file.write(data.subarray(runStart, end), runOffset);
      for (const set of entries) set();
      entries = [];
    };
    for (const { block, within, length, done } of this.blocksOf(offset, data.length)) {
      const place = this.map.place(block);
      const to = this.destination(block, place, within, length);
      if (to.offset !== runOffset + done - runStart || done === 0) {
        writeRun(done);
        runStart = done;
        runOffset = to.offset;
      }
      if (to.entry !== null) entries.push(to.entry);
    }
    writeRun(data.length);
    if (this.tables.isFull) this.order.flushNow();
  }

  /**
   * Makes the range read as zeros. Whole blocks give their space back, the rest is overwritten where it is allocated. In
   * a differencing disk part of a block that only the parent holds has to be allocated to hide the parent.
   */
  zero(offset: number, length: number): void {
    this.beginChange(offset, length);
    for (const { block, within, length: part } of this.blocksOf(offset, length)) {
      const place = this.map.place(block);
      if (place.source === 'zero') continue;
      const isWhole = part === this.geometry.lengthOf(block);
      if (isWhole && this.kind !== 'fixed') this.dropBlock(block, place);
      else this.writeZerosAt(block * this.blockBytes + within, part);
      if (this.tables.isFull) this.order.flushNow();
    }
  }

  /** Writes made while a flush is under way belong to the next one. */
  flush(): Promise<void> {
    return this.order.flush();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    try {
      await this.flush();
      if (this.isAnnounced && this.space.trim()) await this.file.sync();
    } finally {
      this.abandon();
    }
  }

  abandon(): void {
    this.isClosed = true;
    this.file.close();
  }

  private checkUsable(): void {
    this.order.checkUsable();
    if (this.isClosed) throw vhdxError('DISK_WRITE_FAILED', this.path, 'The disk has been closed');
  }

  private beginChange(offset: number, length: number): void {
    this.checkUsable();
    const end = offset + length;
    const isAligned = offset % this.alignment === 0 && length % this.alignment === 0;
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || end > this.sizeBytes || !isAligned)
      throw vhdxError(
        'INPUT_INVALID',
        this.path,
        `Bytes ${offset} + ${length} are not whole sectors of the disk`,
      );
    this.order.markDirty();
    if (this.isAnnounced) return;
    const guids = { fileWriteGuid: randomUUID(), dataWriteGuid: randomUUID(), logGuid: zeroGuid };
    this.current = this.order.guard(() => updateHeader(this.file, this.current, guids));
    this.space.reclaimTail();
    this.isAnnounced = true;
  }

  private *blocksOf(
    offset: number,
    length: number,
  ): Generator<{ block: number; within: number; length: number; done: number }> {
    for (let done = 0; done < length; ) {
      const at = offset + done;
      const block = Math.floor(at / this.blockBytes);
      const within = at - block * this.blockBytes;
      const part = Math.min(length - done, this.blockBytes - within);
      yield { block, within, length: part, done };
      done += part;
    }
  }

  /** Where to write a part of `block`, and what to change in the tables once that is done. */
  private destination(
    block: number,
    place: BlockPlace,
    within: number,
    length: number,
  ): { offset: number; entry: (() => void) | null } {
    const isWhole = length === this.geometry.lengthOf(block);
    if (place.source === 'file') return { offset: place.fileOffset + within, entry: null };
    if (place.source === 'partial') {
      const entry = isWhole
        ? () => this.setEntry(block, payloadState.fullyPresent, place.fileOffset)
        : () => this.bitmaps.set(block, within, length);
      return { offset: place.fileOffset + within, entry };
    }
    const staysPartial = place.source === 'parent' && !isWhole;
    if (staysPartial) this.provideBitmap(block);
    const { offset, isFresh } = this.space.takeBlock();
    if (!isFresh && !staysPartial) {
      writeZeros(this.file, offset, within);
      writeZeros(this.file, offset + within + length, this.blockBytes - within - length);
    }
    return {
      offset: offset + within,
      entry: () => {
        this.payloadBlocks += 1;
        if (staysPartial) {
          // Bits may be left from a life of this block that a crash cut short.
          this.bitmaps.clearBlock(block);
          this.bitmaps.set(block, within, length);
        }
        const state = staysPartial ? payloadState.partiallyPresent : payloadState.fullyPresent;
        this.setEntry(block, state, offset);
      },
    };
  }

  /**
   * A bitmap block must be named durably before a block that needs it. It is rare, one for 4 GiB of disk, so its space is
   * made durable here; its BAT entry becomes so with the data, in the first step of the next flush.
   */
  private provideBitmap(block: number): void {
    if (this.map.bitmapOffset(block) !== null) return;
    const offset = this.space.takeBitmap();
    this.order.guard(() => this.file.syncNow());
    const entry = Buffer.alloc(8);
    writeBatEntry(entry, 0, batEntry(payloadState.fullyPresent, offset));
    this.tables.writeThrough(entry, this.geometry.bitmapEntryOffset(block));
    this.bitmapBlocks += 1;
  }

  private dropBlock(block: number, place: BlockPlace): void {
    const { isDifferencing } = this.geometry;
    this.setEntry(block, isDifferencing ? payloadState.zero : payloadState.notPresent, 0);
    if (place.source !== 'file' && place.source !== 'partial') return;
    this.tables.free(place.fileOffset);
    this.payloadBlocks -= 1;
  }

  private writeZerosAt(offset: number, length: number): void {
    for (let at = 0; at < length; at += zeros.length)
      this.write(zeros.subarray(0, Math.min(zeros.length, length - at)), offset + at);
  }

  private setEntry(block: number, state: number, fileOffset: number): void {
    const at = this.geometry.payloadEntryOffset(block);
    const page = this.tables.edit('bat', at);
    writeBatEntry(page, at % this.tables.pageBytes, batEntry(state, fileOffset));
  }
}
