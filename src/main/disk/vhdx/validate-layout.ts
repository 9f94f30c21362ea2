import { isZero } from '../../block/digest.ts';
import { entryMib, entryState, readBatEntry } from './block-geometry.ts';
import { corrupt, truncated, vhdxError } from './vhdx-error.ts';
import type { VhdxFile } from './vhdx-file.ts';
import {
  bitmapBlockBytes,
  bitmapState,
  headerSectionBytes,
  maxFileBytes,
  mib,
  payloadState,
} from './vhdx-format.ts';

/** Which MiBs of a VHDX file are taken. */
export interface FileLayout {
  /** One bit per MiB, the least significant first. */
  readonly used: Uint8Array;
  /** Length of the file in whole MiB up to the last one that is claimed; the file itself may end a little earlier. */
  readonly usedMib: number;
  readonly payloadBlocks: number;
  readonly bitmapBlocks: number;
}

const chunkBytes = mib;
const reservedState = 4;

/**
 * Goes through the whole BAT once and checks that every block is in the file and no two things share a place.
 * Takes one bit of memory per MiB of file, at most 8 MiB, and a MiB of BAT at a time.
 *
 * @throws ReplicationError `DISK_CORRUPT` when blocks overlap or have an impossible state, `DISK_TRUNCATED`
 */
export const validateVhdxLayout = (file: VhdxFile): FileLayout => {
  const { source, regions, geometry, current } = file;
  const { path, sizeBytes } = source;
  if (sizeBytes > maxFileBytes)
    throw vhdxError('DISK_TOO_LARGE', path, `The file has ${sizeBytes} bytes, more than any VHDX needs`);
  const fileMib = Math.ceil(sizeBytes / mib);
  const used = new Uint8Array(Math.ceil(fileMib / 8));
  let usedMib = 0;
  const take = (first: number, count: number, what: string, at?: number, needed = count) => {
    if (first + needed > fileMib) throw truncated(path, `The file ends before or within ${what}`, at);
    const end = Math.min(first + count, fileMib);
    for (let index = first; index < end; index += 1) {
      const bit = 1 << (index & 7);
      if ((used[index >> 3]! & bit) !== 0)
        throw corrupt(path, `Two things claim the file at ${index} MiB, one is ${what}`, at);
      used[index >> 3]! |= bit;
    }
    usedMib = Math.max(usedMib, first + count);
  };

  // A block that was unmapped may go on naming its place: nobody reads there, but it is not ours to give away.
  let reserved: Uint8Array | null = null;
  const reserve = (first: number) => {
    const end = Math.min(first + geometry.blockBytes / mib, fileMib);
    if (first === 0 || first >= end) return;
    reserved ??= new Uint8Array(used.length);
    for (let index = first; index < end; index += 1) reserved[index >> 3]! |= 1 << (index & 7);
    usedMib = Math.max(usedMib, end);
  };

  take(0, headerSectionBytes / mib, 'the header section');
  take(Number(current.header.logOffset) / mib, current.header.logBytes / mib, 'the log');
  for (const region of regions.all) take(region.offset / mib, region.length / mib, `region ${region.guid}`);

  let payloadBlocks = 0;
  let bitmapBlocks = 0;
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < geometry.batBytes; at += chunkBytes) {
    const part = chunk.subarray(0, Math.min(chunkBytes, geometry.batBytes - at));
    source.read(part, regions.bat.offset + at);
    if (isZero(part)) continue;
    for (let offset = 0; offset < part.length; offset += 8) {
      const entry = readBatEntry(part, offset);
      if (entry === 0) continue;
      const index = (at + offset) / 8;
      const entryOffset = regions.bat.offset + at + offset;
      if (geometry.isBitmapEntry(index)) {
        const state = entryState(entry);
        if (state === bitmapState.notPresent) continue;
        if (state !== bitmapState.present || !geometry.isDifferencing)
          throw corrupt(path, 'A sector bitmap entry has an impossible state', entryOffset);
        take(entryMib(entry), bitmapBlockBytes / mib, 'a sector bitmap', entryOffset);
        bitmapBlocks += 1;
        continue;
      }
      const block = geometry.blockOfEntry(index);
      if (block >= geometry.blockCount) continue;
      const state = entryState(entry);
      const isHere = state === payloadState.fullyPresent || state === payloadState.partiallyPresent;
      if (isHere) {
        // The last block may reach over the end of the disk, and then the file may end where the disk does.
        const needed = Math.ceil(geometry.lengthOf(block) / mib);
        take(entryMib(entry), geometry.blockBytes / mib, `block ${block}`, entryOffset, needed);
        payloadBlocks += 1;
      } else if (state === reservedState) {
        throw corrupt(path, `Block ${block} has an unknown state`, entryOffset);
      } else reserve(entryMib(entry));
    }
  }
  const also: Uint8Array | null = reserved;
  if (also !== null) for (let at = 0; at < used.length; at += 1) used[at]! |= also[at]!;
  return { used, usedMib, payloadBlocks, bitmapBlocks };
};
