import { ReplicationError } from '../../../contract/errors.ts';
import type { DiskKind } from '../../../contract/model.ts';
import type { ByteSource } from '../byte-source.ts';
import { FlatLayer } from '../flat-layer.ts';
import type { DiskLayer, ParentReference, Segment } from '../virtual-disk.ts';
import { BlockTable, notAllocated } from './block-table.ts';
import { checkBlocks } from './check-blocks.ts';
import { type DynamicHeader, decodeDynamicHeader, dynamicHeaderBytes } from './dynamic-header.ts';
import { type FoundFooter, findFooter } from './find-footer.ts';
import { footerBytes, type VhdFooter } from './footer.ts';
import { readParentReference } from './parent-reference.ts';
import { bitmapBytes, compactBitmap, type SectorBitmap, sectorRuns } from './sector-bitmap.ts';

const bitmapsKept = 32;
/** 64 MiB of table: 32 TiB in blocks of 2 MiB, sixteen times what the format's 32-bit sector numbers can place. */
const mostBlocks = 16 * 1024 * 1024;

/**
 * Opens one VHD file, without its parents. The size is the footer's *current size*, never the geometry.
 * Takes over `source`, except when it throws.
 * @throws ReplicationError `DISK_FORMAT_UNKNOWN`, `DISK_CORRUPT`, `DISK_TRUNCATED`, `DISK_UNSUPPORTED`, `DISK_TOO_LARGE`
 */
export const openVhdLayer = (source: ByteSource): DiskLayer => {
  const found = findFooter(source);
  if (found === null) {
    throw new ReplicationError('DISK_FORMAT_UNKNOWN', `The file ${source.path} has no VHD footer.`, {
      file: source.path,
    });
  }
  const { footer } = found;
  return footer.headerOffset === null
    ? openFixed(source, found)
    : new DynamicVhdLayer(source, found, footer.headerOffset);
};

const openFixed = (source: ByteSource, { footer, place, dataEnd }: FoundFooter): DiskLayer => {
  if (footer.sizeBytes > dataEnd) {
    throw new ReplicationError(
      'DISK_TRUNCATED',
      `The fixed VHD ${source.path} says it has ${footer.sizeBytes} bytes of data, but the file holds ${dataEnd}.`,
      { file: source.path, offset: dataEnd },
    );
  }
  return new FlatLayer(source, {
    format: 'vhd',
    sizeBytes: footer.sizeBytes,
    diskId: footer.uniqueId,
    details: footerDetails(footer, place),
  });
};

class DynamicVhdLayer implements DiskLayer {
  readonly path: string;
  readonly format = 'vhd';
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes = 512;
  readonly physicalSectorBytes = 512;
  readonly diskId: string;
  readonly linkage: string;
  readonly parent: ParentReference | null;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly #source: ByteSource;
  readonly #table: BlockTable;
  readonly #blockBytes: number;
  readonly #bitmapBytes: number;
  /** What an absent sector means: ask the parent, or zeros. */
  readonly #absent: 'parent' | 'zero';
  readonly #bitmaps = new Map<number, SectorBitmap>();

  constructor(source: ByteSource, { footer, place }: FoundFooter, headerOffset: number) {
    const header = readHeader(source, headerOffset);
    const blockCount = checkedBlockCount(source, footer, header);
    this.#source = source;
    this.#table = new BlockTable(source, header.tableOffset, blockCount);
    this.#blockBytes = header.blockBytes;
    this.#bitmapBytes = bitmapBytes(header.blockBytes);
    const allocatedBlocks = checkBlocks(source, this.#table, {
      blockBytes: header.blockBytes,
      sizeBytes: footer.sizeBytes,
      tablesEnd: footerBytes,
    });
    this.path = source.path;
    this.kind = footer.kind;
    this.sizeBytes = footer.sizeBytes;
    this.diskId = footer.uniqueId;
    this.linkage = footer.uniqueId;
    this.parent = footer.kind === 'differencing' ? readParentReference(source, header) : null;
    this.#absent = this.parent === null ? 'zero' : 'parent';
    this.details = {
      ...footerDetails(footer, place),
      blockBytes: header.blockBytes,
      blocks: blockCount,
      allocatedBlocks,
    };
  }

  *segments(offset: number, length: number): Generator<Segment> {
    const end = offset + length;
    const endBlock = Math.ceil(end / this.#blockBytes);
    for (let at = offset; at < end; ) {
      const block = Math.floor(at / this.#blockBytes);
      const sector = this.#table.entry(block);
      let next: number;
      if (sector === notAllocated) {
        next = Math.min(end, this.#table.nextAllocated(block + 1, endBlock) * this.#blockBytes);
        yield { source: this.#absent, offset: at, length: next - at };
      } else {
        next = Math.min(end, (block + 1) * this.#blockBytes);
        yield* this.#segmentsOfBlock(block, sector, at, next);
      }
      at = next;
    }
  }

  readFile(target: Uint8Array, fileOffset: number): void {
    this.#source.read(target, fileOffset);
  }

  close(): void {
    this.#source.close();
  }

  *#segmentsOfBlock(block: number, sector: number, from: number, to: number): Generator<Segment> {
    const blockStart = block * this.#blockBytes;
    const dataStart = sector * 512 + this.#bitmapBytes;
    const bitmap = this.#bitmap(block, sector);
    const firstSector = Math.floor((from - blockStart) / 512);
    const endSector = Math.ceil((to - blockStart) / 512);
    for (const run of sectorRuns(bitmap, firstSector, endSector)) {
      const start = Math.max(from, blockStart + run.first * 512);
      const length = Math.min(to, blockStart + (run.first + run.count) * 512) - start;
      yield run.present
        ? { source: 'file', offset: start, length, fileOffset: dataStart + start - blockStart }
        : { source: this.#absent, offset: start, length };
    }
  }

  #bitmap(block: number, sector: number): SectorBitmap {
    const known = this.#bitmaps.get(block);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(this.#bitmapBytes);
    this.#source.read(bytes, sector * 512);
    const bitmap = compactBitmap(bytes, this.#blockBytes / 512);
    this.#bitmaps.set(block, bitmap);
    if (this.#bitmaps.size > bitmapsKept) this.#bitmaps.delete(this.#bitmaps.keys().next().value!);
    return bitmap;
  }
}

const readHeader = (source: ByteSource, headerOffset: number): DynamicHeader => {
  if (headerOffset + dynamicHeaderBytes > source.sizeBytes) {
    throw new ReplicationError(
      'DISK_TRUNCATED',
      `The VHD ${source.path} ends before its dynamic disk header at byte ${headerOffset}.`,
      { file: source.path, offset: headerOffset },
    );
  }
  const bytes = new Uint8Array(dynamicHeaderBytes);
  source.read(bytes, headerOffset);
  return decodeDynamicHeader(bytes, source.path);
};

const checkedBlockCount = (source: ByteSource, footer: VhdFooter, header: DynamicHeader): number => {
  const blockCount = Math.ceil(footer.sizeBytes / header.blockBytes);
  if (blockCount > header.tableEntries) {
    throw new ReplicationError(
      'DISK_CORRUPT',
      `The VHD ${source.path} needs ${blockCount} blocks for its size, but its block table has ${header.tableEntries}.`,
      { file: source.path },
    );
  }
  if (blockCount > mostBlocks) {
    throw new ReplicationError(
      'DISK_UNSUPPORTED',
      `The VHD ${source.path} is cut into ${blockCount} blocks; at most ${mostBlocks} are supported.`,
      { file: source.path },
    );
  }
  return blockCount;
};

const footerDetails = (
  footer: VhdFooter,
  place: FoundFooter['place'],
): Record<string, string | number | boolean> => ({
  footer: place,
  // Printed to terminals: nothing but printable characters of what any tool may have put there.
  creator: footer.creatorApplication.replace(/[^ -~]/g, ' ').trim(),
  createdAt: new Date(Date.UTC(2000, 0, 1) + footer.timestamp * 1000).toISOString(),
  geometry: `${footer.geometry.cylinders}/${footer.geometry.heads}/${footer.geometry.sectorsPerTrack}`,
  savedState: footer.savedState,
});
