import { bitmapBlockBytes, mib } from './vhdx-format.ts';

export const batEntryBytes = 8;
const sectorsPerBitmapBlock = bitmapBlockBytes * 8;

/**
 * How a disk is cut into blocks and where the BAT keeps them. After every *chunk ratio* payload entries comes the entry of
 * the bitmap block for them:
 *
 * ```
 * chunk ratio 4:   P0 P1 P2 P3 B0 P4 P5 P6 P7 B1 …      an entry: bits 0–2 state, 20–63 file offset in MiB
 * ```
 */
export class BlockGeometry {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly sectorBytes: number;
  /** Payload blocks per bitmap block. */
  readonly chunkRatio: number;
  readonly blockCount: number;
  readonly isDifferencing: boolean;
  /** Entries the BAT has in use; the region may be longer. */
  readonly entryCount: number;
  private readonly batOffset: number;

  constructor(disk: {
    readonly sizeBytes: number;
    readonly blockBytes: number;
    readonly logicalSectorBytes: number;
    readonly isDifferencing: boolean;
    readonly batOffset: number;
  }) {
    this.sizeBytes = disk.sizeBytes;
    this.blockBytes = disk.blockBytes;
    this.sectorBytes = disk.logicalSectorBytes;
    this.isDifferencing = disk.isDifferencing;
    this.batOffset = disk.batOffset;
    this.chunkRatio = (sectorsPerBitmapBlock * disk.logicalSectorBytes) / disk.blockBytes;
    this.blockCount = Math.ceil(disk.sizeBytes / disk.blockBytes);
    const chunks = Math.ceil(this.blockCount / this.chunkRatio);
    this.entryCount = disk.isDifferencing
      ? chunks * (this.chunkRatio + 1)
      : this.blockCount + Math.floor((this.blockCount - 1) / this.chunkRatio);
  }

  get batBytes(): number {
    return this.entryCount * batEntryBytes;
  }

  get sectorsPerBlock(): number {
    return this.blockBytes / this.sectorBytes;
  }

  /** Bytes of the disk in `block`: less than a whole block only at the disk's end. */
  lengthOf(block: number): number {
    return Math.min(this.blockBytes, this.sizeBytes - block * this.blockBytes);
  }

  /** Where in the file the BAT entry of a payload block lies. */
  payloadEntryOffset(block: number): number {
    return this.batOffset + (block + Math.floor(block / this.chunkRatio)) * batEntryBytes;
  }

  /** Where in the file the BAT entry lies that names the bitmap block for `block`. */
  bitmapEntryOffset(block: number): number {
    const chunk = Math.floor(block / this.chunkRatio);
    return this.batOffset + ((chunk + 1) * (this.chunkRatio + 1) - 1) * batEntryBytes;
  }

  isBitmapEntry(index: number): boolean {
    return index % (this.chunkRatio + 1) === this.chunkRatio;
  }

  /** The payload block that entry `index` of the BAT stands for; for a bitmap entry the block of the entry after it. */
  blockOfEntry(index: number): number {
    return index - Math.floor(index / (this.chunkRatio + 1));
  }

  /** The payload block whose entry lies at the file's byte `offset`, or comes next when that is a bitmap's. */
  blockAtEntryOffset(offset: number): number {
    return this.blockOfEntry((offset - this.batOffset) / batEntryBytes);
  }

  /** First byte in its bitmap block of the bits for `block`: its sectors always fill whole bytes. */
  bitmapByteOf(block: number): number {
    return ((block % this.chunkRatio) * this.sectorsPerBlock) / 8;
  }
}

/** A BAT entry as a number that loses no bit: 44 bits of MiB above 3 bits of state. Reserved bits are dropped. */
export const readBatEntry = (page: Buffer, at: number): number => {
  const low = page.readUInt32LE(at);
  return (page.readUInt32LE(at + 4) * 4096 + (low >>> 20)) * 8 + (low & 7);
};

export const writeBatEntry = (page: Buffer, at: number, entry: number): void => {
  const offsetMib = Math.floor(entry / 8);
  page.writeUInt32LE((((offsetMib % 4096) << 20) | (entry % 8)) >>> 0, at);
  page.writeUInt32LE(Math.floor(offsetMib / 4096), at + 4);
};

export const entryState = (entry: number): number => entry % 8;

/** The entry's offset in the file, in MiB: exact up to the format's own limit, unlike the same in bytes. */
export const entryMib = (entry: number): number => Math.floor(entry / 8);

export const batEntry = (state: number, fileOffset: number): number => (fileOffset / mib) * 8 + state;
