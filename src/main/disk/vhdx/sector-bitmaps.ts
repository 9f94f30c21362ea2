import type { BlockMap } from './block-map.ts';
import type { TablePages } from './table-pages.ts';
import { corrupt } from './vhdx-error.ts';

/** The bits that say which sectors of a partially present block are in this file; least significant bit first. */
export class SectorBitmaps {
  private readonly map: BlockMap;
  private readonly tables: TablePages;

  constructor(map: BlockMap, tables: TablePages) {
    this.map = map;
    this.tables = tables;
  }

  /** Marks the sectors of `block` that lie in [within, within + length) bytes as present. */
  set(block: number, within: number, length: number): void {
    const { sectorBytes } = this.map.geometry;
    const bits = this.bitsOf(block);
    const first = Math.floor(within / sectorBytes);
    const end = Math.ceil((within + length) / sectorBytes);
    const firstWhole = Math.ceil(first / 8);
    const endWhole = Math.floor(end / 8);
    if (firstWhole > endWhole) {
      this.setBits(bits, first, end);
      return;
    }
    this.setBits(bits, first, firstWhole * 8);
    this.fill(bits + firstWhole, bits + endWhole, 0xff);
    this.setBits(bits, endWhole * 8, end);
  }

  /** Marks every sector of `block` as the parent's. */
  clearBlock(block: number): void {
    const bits = this.bitsOf(block);
    this.fill(bits, bits + this.map.geometry.sectorsPerBlock / 8, 0);
  }

  private setBits(bits: number, from: number, to: number): void {
    const { pageBytes } = this.tables;
    for (let sector = from; sector < to; sector += 1) {
      const at = bits + (sector >> 3);
      const page = this.tables.edit('bitmaps', at);
      page[at % pageBytes]! |= 1 << (sector & 7);
    }
  }

  private fill(from: number, to: number, value: number): void {
    const { pageBytes } = this.tables;
    for (let at = from; at < to; ) {
      const pageEnd = at - (at % pageBytes) + pageBytes;
      const end = Math.min(to, pageEnd);
      const start = at % pageBytes;
      this.tables.edit('bitmaps', at).fill(value, start, start + end - at);
      at = end;
    }
  }

  private bitsOf(block: number): number {
    const bitmap = this.map.bitmapOffset(block);
    if (bitmap === null)
      throw corrupt(this.map.path, `Block ${block} is partly here but has no sector bitmap`);
    return bitmap + this.map.geometry.bitmapByteOf(block);
  }
}
