import { ReplicationError } from '../../../contract/errors.ts';
import { FileSource } from '../file-source.ts';
import { FileTarget } from '../file-target.ts';
import { checkWriterRange } from '../flat-file-writer.ts';
import type { VirtualDiskWriter } from '../virtual-disk.ts';
import { notAllocated } from './block-table.ts';
import {
  decodeDynamicHeader,
  dynamicHeaderBytes,
  encodeDynamicHeader,
  largestBlockBytes,
  smallestBlockBytes,
} from './dynamic-header.ts';
import { findFooter } from './find-footer.ts';
import { decodeFooter, encodeFooter, footerBytes, isIntactFooter, type VhdFooter } from './footer.ts';
import { type NewVhdOptions, newFooter } from './new-footer.ts';
import { bitmapBytes, compactBitmap, sectorRuns } from './sector-bitmap.ts';
import { openVhdLayer } from './vhd-layer.ts';

const defaultBlockBytes = 2 * 1024 * 1024;
/** What 32-bit sector numbers can place, less the tables: the format's own limit. */
const largestDynamicBytes = 2040 * 1024 ** 3;
/** Blocks' data start at multiples of this, so that a guest's 4 KiB write stays one write below. */
const dataAlignment = 4096;

export interface NewDynamicVhdOptions extends NewVhdOptions {
  /** A power of two; 2 MiB unless given. */
  readonly blockBytes?: number;
}

interface Layout {
  readonly footer: VhdFooter;
  readonly tableOffset: number;
  readonly blockBytes: number;
}

/**
 * Creates an empty dynamic VHD that opens at once.
 * @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_TOO_LARGE`, `INPUT_INVALID`, `DISK_ACCESS_DENIED`, `VOLUME_LOW_SPACE`
 */
export const createDynamicVhdWriter = (path: string, options: NewDynamicVhdOptions): VirtualDiskWriter => {
  if (options.sizeBytes > largestDynamicBytes) {
    throw new ReplicationError(
      'DISK_TOO_LARGE',
      `A dynamic VHD holds at most 2040 GiB; ${path} was to hold more.`,
      {
        file: path,
      },
    );
  }
  const sizeBytes = Math.max(512, Math.ceil(options.sizeBytes / 512) * 512);
  const blockBytes = options.blockBytes ?? defaultBlockBytes;
  if (
    blockBytes < smallestBlockBytes ||
    blockBytes > largestBlockBytes ||
    !Number.isInteger(Math.log2(blockBytes))
  ) {
    throw new ReplicationError('INPUT_INVALID', `A VHD cannot have blocks of ${blockBytes} bytes.`, {
      file: path,
    });
  }
  const footer = newFooter('dynamic', footerBytes, { ...options, sizeBytes });
  const tableOffset = footerBytes + dynamicHeaderBytes;
  const entries = Math.ceil(sizeBytes / blockBytes);
  const header = encodeDynamicHeader({
    tableOffset,
    tableEntries: entries,
    blockBytes,
    parentUniqueId: '00000000-0000-0000-0000-000000000000',
    parentTimestamp: 0,
    parentName: '',
    locators: [],
  });
  const table = new Uint32Array(entries).fill(notAllocated);
  const file = FileTarget.create(path);
  try {
    const tableBytes = Math.ceil((entries * 4) / 512) * 512;
    file.write(encodeFooter(footer), 0);
    file.write(header, footerBytes);
    file.write(new Uint8Array(tableBytes).fill(0xff), tableOffset);
    file.write(encodeFooter(footer), tableOffset + tableBytes);
    return new DynamicVhdWriter(
      file,
      { footer, tableOffset, blockBytes },
      table,
      tableOffset + tableBytes,
      true,
    );
  } catch (error) {
    file.close();
    throw error;
  }
};

/**
 * Opens an existing dynamic VHD for reading and writing. For disks this program made, never for a VM's.
 * @throws ReplicationError as `openVhdLayer`; `DISK_UNSUPPORTED` when it is not dynamic
 */
export const openDynamicVhdWriter = (path: string): VirtualDiskWriter => {
  const source = new FileSource(path);
  let layout: Layout;
  let table: Uint32Array;
  let dataEnd: number;
  try {
    // Opening the layer runs every check: places inside the file, no overlaps, a sane block count.
    const { kind } = openVhdLayer(source);
    const found = findFooter(source);
    if (kind !== 'dynamic' || found === null || found.footer.headerOffset === null) {
      throw new ReplicationError('DISK_UNSUPPORTED', `The VHD ${path} is ${kind}, not dynamic.`, {
        file: path,
      });
    }
    const { headerOffset } = found.footer;
    const headerBytes = new Uint8Array(dynamicHeaderBytes);
    source.read(headerBytes, headerOffset);
    const { tableOffset, blockBytes } = decodeDynamicHeader(headerBytes, path);
    if (headerOffset < footerBytes || tableOffset < footerBytes) {
      throw new ReplicationError(
        'DISK_UNSUPPORTED',
        `The VHD ${path} has no room for the copy of its footer.`,
        {
          file: path,
        },
      );
    }
    layout = { footer: found.footer, tableOffset, blockBytes };
    const entries = new DataView(new ArrayBuffer(Math.ceil(found.footer.sizeBytes / blockBytes) * 4));
    source.read(new Uint8Array(entries.buffer), tableOffset);
    table = Uint32Array.from({ length: entries.byteLength / 4 }, (_, block) => entries.getUint32(block * 4));
    dataEnd = Math.max(headerOffset + dynamicHeaderBytes, endOfBlocks(table, tableOffset, blockBytes));
  } finally {
    source.close();
  }
  const file = FileTarget.openExisting(path);
  try {
    keepFooterCopy(file, layout.footer);
    return new DynamicVhdWriter(file, layout, table, dataEnd, false);
  } catch (error) {
    file.close();
    throw error;
  }
};

/** The copy at the start must be right before new blocks overwrite the footer at the end. */
const keepFooterCopy = (file: FileTarget, footer: VhdFooter): void => {
  const copy = new Uint8Array(footerBytes);
  file.read(copy, 0);
  if (isIntactFooter(copy) && decodeFooter(copy, file.path).sizeBytes === footer.sizeBytes) return;
  file.write(encodeFooter(footer), 0);
  file.syncBlocking();
};

const endOfBlocks = (table: Uint32Array, tableOffset: number, blockBytes: number): number => {
  let end = tableOffset + Math.ceil((table.length * 4) / 512) * 512;
  for (const sector of table) {
    if (sector !== notAllocated) end = Math.max(end, sector * 512 + bitmapBytes(blockBytes) + blockBytes);
  }
  return end;
};

/**
 * Invariants: the table on disk names only blocks whose data and bitmap are durable; a crash leaves the old table, and
 * the footer's copy at the start stands in for the one at the end that new blocks overwrote.
 */
class DynamicVhdWriter implements VirtualDiskWriter {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: FileTarget;
  readonly #layout: Layout;
  readonly #bitmapBytes: number;
  readonly #table: Uint32Array;
  /** Sectors of the table with entries that the file does not have yet. */
  readonly #staleTableSectors = new Set<number>();
  /** 1 for each block whose bitmap is known to say "all present". */
  readonly #full: Uint8Array;
  /** Places that the table on disk no longer names; taken again by new blocks. */
  readonly #freePlaces: number[] = [];
  /** Places given up since the last flush: the table on disk still names them. */
  #releasedPlaces: number[] = [];
  /** Where the next block and, until then, the footer goes. */
  #dataEnd: number;
  /** The footer at `#dataEnd` is still to be written. */
  #footerStale: boolean;
  /** The file ends at `#dataEnd`: no footer, and no blocks that a crash left unnamed, lie behind it. */
  #endIsClean = false;

  constructor(file: FileTarget, layout: Layout, table: Uint32Array, dataEnd: number, isNew: boolean) {
    this.path = file.path;
    this.sizeBytes = layout.footer.sizeBytes;
    this.#file = file;
    this.#layout = layout;
    this.#bitmapBytes = bitmapBytes(layout.blockBytes);
    this.#table = table;
    this.#full = new Uint8Array(table.length);
    this.#dataEnd = dataEnd;
    // An interrupted run may have left data behind the last block, where the footer belongs.
    this.#footerStale = !isNew;
  }

  read(target: Uint8Array, offset: number): void {
    checkWriterRange(this, offset, target.length);
    this.#eachBlock(offset, target.length, (block, within, at, length) => {
      const part = target.subarray(at, at + length);
      const sector = this.#table[block]!;
      if (sector === notAllocated) part.fill(0);
      else this.#readBlock(block, sector, part, within);
    });
  }

  write(data: Uint8Array, offset: number): void {
    checkWriterRange(this, offset, data.length);
    this.#eachBlock(offset, data.length, (block, within, at, length) => {
      const part = data.subarray(at, at + length);
      if (this.#table[block] === notAllocated) this.#allocate(block);
      else this.#fillBitmap(block);
      this.#file.write(part, this.#table[block]! * 512 + this.#bitmapBytes + within);
    });
  }

  zero(offset: number, length: number): void {
    checkWriterRange(this, offset, length);
    this.#eachBlock(offset, length, (block, within, _at, count) => {
      const sector = this.#table[block]!;
      if (sector === notAllocated) return;
      const blockLength = Math.min(this.#layout.blockBytes, this.sizeBytes - block * this.#layout.blockBytes);
      if (count < blockLength) {
        this.#fillBitmap(block);
        this.#file.write(new Uint8Array(count), sector * 512 + this.#bitmapBytes + within);
        return;
      }
      this.#setEntry(block, notAllocated);
      this.#full[block] = 0;
      this.#releasedPlaces.push(sector);
    });
  }

  async flush(): Promise<void> {
    const tableSectors = [...this.#staleTableSectors];
    const tableWrites = tableSectors.map((tableSector) => this.#encodeTableSector(tableSector));
    const released = this.#releasedPlaces;
    this.#releasedPlaces = [];
    this.#staleTableSectors.clear();
    try {
      if (this.#footerStale) {
        this.#file.write(encodeFooter(this.#layout.footer), this.#dataEnd);
        this.#footerStale = false;
        this.#endIsClean = false;
      }
      await this.#file.sync();
      if (tableWrites.length === 0) return;
      for (const { bytes, offset } of tableWrites) this.#file.write(bytes, offset);
      await this.#file.sync();
    } catch (error) {
      for (const tableSector of tableSectors) this.#staleTableSectors.add(tableSector);
      this.#releasedPlaces.push(...released);
      this.#footerStale = true;
      throw error;
    }
    this.#freePlaces.push(...released);
  }

  async close(): Promise<void> {
    try {
      await this.flush();
      this.#file.resize(this.#dataEnd + footerBytes);
      await this.#file.sync();
    } finally {
      this.#file.close();
    }
  }

  abandon(): void {
    this.#file.close();
  }

  #eachBlock(
    offset: number,
    length: number,
    visit: (block: number, within: number, at: number, length: number) => void,
  ): void {
    const { blockBytes } = this.#layout;
    for (let at = 0; at < length; ) {
      const block = Math.floor((offset + at) / blockBytes);
      const within = (offset + at) % blockBytes;
      const count = Math.min(blockBytes - within, length - at);
      visit(block, within, at, count);
      at += count;
    }
  }

  /** Absent sectors of a block that another program wrote read as zeros, whatever lies in their place. */
  #readBlock(block: number, sector: number, target: Uint8Array, within: number): void {
    const dataStart = sector * 512 + this.#bitmapBytes;
    this.#file.read(target, dataStart + within);
    if (this.#full[block] === 1) return;
    const end = within + target.length;
    for (const run of sectorRuns(this.#readBitmap(sector), Math.floor(within / 512), Math.ceil(end / 512))) {
      if (run.present) continue;
      const from = Math.max(within, run.first * 512);
      const to = Math.min(end, (run.first + run.count) * 512);
      target.fill(0, from - within, to - within);
    }
  }

  #allocate(block: number): void {
    const { blockBytes } = this.#layout;
    const reused = this.#freePlaces.pop();
    let sector: number;
    if (reused === undefined) {
      const dataStart = Math.ceil((this.#dataEnd + this.#bitmapBytes) / dataAlignment) * dataAlignment;
      sector = (dataStart - this.#bitmapBytes) / 512;
      const placeEnd = dataStart + blockBytes;
      if (sector >= notAllocated) {
        throw new ReplicationError(
          'DISK_TOO_LARGE',
          `The VHD ${this.path} has reached the format's limit of 2 TiB.`,
          {
            file: this.path,
          },
        );
      }
      // Cut before lengthening: what lies behind the last block must read as zeros in the new one.
      if (!this.#endIsClean) this.#file.resize(this.#dataEnd);
      this.#file.resize(placeEnd);
      this.#endIsClean = true;
      this.#dataEnd = placeEnd;
      this.#footerStale = true;
    } else {
      sector = reused;
      this.#file.write(new Uint8Array(blockBytes), sector * 512 + this.#bitmapBytes);
    }
    this.#file.write(new Uint8Array(this.#bitmapBytes).fill(0xff), sector * 512);
    this.#full[block] = 1;
    this.#setEntry(block, sector);
  }

  /** Before the first write into a block that another program made: its absent sectors become present zeros. */
  #fillBitmap(block: number): void {
    if (this.#full[block] === 1) return;
    const sector = this.#table[block]!;
    const sectors = this.#layout.blockBytes / 512;
    const bitmap = compactBitmap(this.#readBitmap(sector), sectors);
    if (bitmap !== 'full') {
      for (const run of sectorRuns(bitmap, 0, sectors)) {
        if (run.present) continue;
        this.#file.write(new Uint8Array(run.count * 512), sector * 512 + this.#bitmapBytes + run.first * 512);
      }
      // A crash must not find the bitmap saying "present" over whatever lay there.
      this.#file.syncBlocking();
      this.#file.write(new Uint8Array(this.#bitmapBytes).fill(0xff), sector * 512);
    }
    this.#full[block] = 1;
  }

  #readBitmap(sector: number): Uint8Array {
    const bitmap = new Uint8Array(this.#bitmapBytes);
    this.#file.read(bitmap, sector * 512);
    return bitmap;
  }

  #setEntry(block: number, sector: number): void {
    this.#table[block] = sector;
    this.#staleTableSectors.add(Math.floor(block / 128));
  }

  /** A table sector at a time: disks write sectors whole, so a crash leaves each entry old or new. */
  #encodeTableSector(tableSector: number): { bytes: Uint8Array; offset: number } {
    const entries = this.#table.subarray(tableSector * 128, tableSector * 128 + 128);
    const bytes = new Uint8Array(entries.length * 4);
    const view = new DataView(bytes.buffer);
    for (const [index, entry] of entries.entries()) view.setUint32(index * 4, entry);
    return { bytes, offset: this.#layout.tableOffset + tableSector * 512 };
  }
}
