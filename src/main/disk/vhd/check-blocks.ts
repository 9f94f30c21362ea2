import { ReplicationError } from '../../../contract/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { BlockTable } from './block-table.ts';
import { bitmapBytes } from './sector-bitmap.ts';

/** Slots compared in one pass over the table: 4 MiB of memory, and one pass for a full 2 TiB disk of 2 MiB blocks. */
const slotsPerPass = 1024 * 1024;

export interface BlockLayout {
  readonly blockBytes: number;
  readonly sizeBytes: number;
  /** No block starts before this byte, where the copy of the footer lies. */
  readonly tablesEnd: number;
}

/**
 * Checks where the table says the blocks are: inside the file, clear of the tables, none over another. Returns how
 * many are allocated. Memory is bounded; reads the table only.
 * @throws ReplicationError `DISK_TRUNCATED`, `DISK_CORRUPT`
 */
export const checkBlocks = (source: ByteSource, table: BlockTable, layout: BlockLayout): number => {
  const span = checkPlaces(source, table, layout);
  if (span.count > 1) checkOverlaps(source, table, layout, span);
  return span.count;
};

interface Span {
  readonly count: number;
  readonly lowestSector: number;
  readonly highestSector: number;
}

const checkPlaces = (source: ByteSource, table: BlockTable, layout: BlockLayout): Span => {
  const bitmapLength = bitmapBytes(layout.blockBytes);
  const tableEnd = table.offset + table.entryCount * 4;
  let count = 0;
  let lowestSector = Number.POSITIVE_INFINITY;
  let highestSector = 0;
  for (
    let block = table.nextAllocated(0, table.entryCount);
    block < table.entryCount;
    block = table.nextAllocated(block + 1, table.entryCount)
  ) {
    const sector = table.entry(block);
    const start = sector * 512;
    // The last block may be cut to what the disk needs of it.
    const needed = Math.min(layout.blockBytes, layout.sizeBytes - block * layout.blockBytes);
    const end = start + bitmapLength + needed;
    if (start < layout.tablesEnd || (start < tableEnd && end > table.offset)) {
      throw new ReplicationError(
        'DISK_CORRUPT',
        `In the VHD ${source.path} block ${block} is said to lie at byte ${start}, over the disk's own tables.`,
        { file: source.path, offset: start },
      );
    }
    if (end > source.sizeBytes) refuseBeyondEnd(source, block, end);
    count += 1;
    if (sector < lowestSector) lowestSector = sector;
    if (sector > highestSector) highestSector = sector;
  }
  return { count, lowestSector, highestSector };
};

/** A disk in use may have grown since it was opened: only the file itself knows whether the block is really missing. */
const refuseBeyondEnd = (source: ByteSource, block: number, end: number): void => {
  try {
    source.read(new Uint8Array(1), end - 1);
  } catch (error) {
    if (!(error instanceof ReplicationError) || error.code !== 'DISK_TRUNCATED') throw error;
    throw new ReplicationError(
      'DISK_TRUNCATED',
      `The VHD ${source.path} has ${source.sizeBytes} bytes, but its block ${block} ends at byte ${end}.`,
      { file: source.path, offset: end, cause: error },
    );
  }
};

/**
 * Cuts the file into slots of one block's length: two blocks that start in one slot overlap, and so do two that start
 * in neighbouring slots less than a block's length apart.
 */
const checkOverlaps = (source: ByteSource, table: BlockTable, layout: BlockLayout, span: Span): void => {
  const stride = (bitmapBytes(layout.blockBytes) + layout.blockBytes) / 512;
  const firstSlot = Math.floor(span.lowestSector / stride);
  const slotCount = Math.floor(span.highestSector / stride) - firstSlot + 1;
  let before = 0;
  const starts = new Uint32Array(Math.min(slotsPerPass, slotCount));
  for (let passStart = 0; passStart < slotCount; passStart += slotsPerPass) {
    starts.fill(0);
    for (
      let block = table.nextAllocated(0, table.entryCount);
      block < table.entryCount;
      block = table.nextAllocated(block + 1, table.entryCount)
    ) {
      const sector = table.entry(block);
      const slot = Math.floor(sector / stride) - firstSlot - passStart;
      if (slot < 0 || slot >= starts.length) continue;
      if (starts[slot] !== 0) throw overlap(source, sector);
      starts[slot] = sector;
    }
    for (const start of starts) {
      if (start !== 0 && before !== 0 && start - before < stride) throw overlap(source, start);
      before = start;
    }
  }
};

const overlap = (source: ByteSource, sector: number): ReplicationError =>
  new ReplicationError(
    'DISK_CORRUPT',
    `In the VHD ${source.path} two blocks lie over each other at byte ${sector * 512}.`,
    { file: source.path, offset: sector * 512 },
  );
