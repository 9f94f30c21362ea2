import { writeFileSync } from 'node:fs';
import { notAllocated } from '../../src/main/disk/vhd/block-table.ts';
import {
  type DynamicHeader,
  dynamicHeaderBytes,
  encodeDynamicHeader,
  type ParentLocator,
} from '../../src/main/disk/vhd/dynamic-header.ts';
import { encodeFooter, footerBytes } from '../../src/main/disk/vhd/footer.ts';
import { newFooter } from '../../src/main/disk/vhd/new-footer.ts';
import { bitmapBytes } from '../../src/main/disk/vhd/sector-bitmap.ts';

export interface DifferencingVhd {
  readonly path: string;
  readonly sizeBytes: number;
  readonly diskId: string;
  readonly parentId: string;
  readonly blockBytes?: number;
  /** Sectors that the child holds: whole sectors at their offset on the disk. */
  readonly writes: readonly { readonly offset: number; readonly data: Uint8Array }[];
  readonly relativePath?: string;
  readonly absolutePath?: string;
  readonly macUrl?: string;
  readonly parentName?: string;
}

/** Builds a small differencing VHD, in memory and then in one write: footer copy, header, locators, table, blocks, footer. */
export const writeDifferencingVhd = (spec: DifferencingVhd): void => writeFileSync(spec.path, encode(spec));

const encode = (spec: DifferencingVhd): Buffer => {
  const blockBytes = spec.blockBytes ?? 2 * 1024 * 1024;
  const footer = encodeFooter(
    newFooter('differencing', footerBytes, {
      sizeBytes: spec.sizeBytes,
      diskId: spec.diskId,
      createdAtMs: Date.UTC(2026, 0, 1),
    }),
  );
  const texts = locatorTexts(spec);
  const locatorsAt = footerBytes + dynamicHeaderBytes;
  const locators: ParentLocator[] = texts.map(({ platform, bytes }, index) => ({
    platform,
    space: 1024,
    lengthBytes: bytes.length,
    fileOffset: locatorsAt + index * 1024,
  }));
  const tableOffset = locatorsAt + texts.length * 1024;
  const entries = Math.ceil(spec.sizeBytes / blockBytes);
  const tableBytes = Math.ceil((entries * 4) / 512) * 512;
  const header: DynamicHeader = {
    tableOffset,
    tableEntries: entries,
    blockBytes,
    parentUniqueId: spec.parentId,
    parentTimestamp: 0,
    parentName: spec.parentName ?? '',
    locators,
  };
  const table = Buffer.alloc(tableBytes, 0xff);
  const blocks: Buffer[] = [];
  const blockLength = bitmapBytes(blockBytes) + blockBytes;
  const blockOf = (index: number): Buffer => {
    const known = table.readUInt32BE(index * 4);
    const firstSector = (tableOffset + tableBytes) / 512;
    if (known !== notAllocated) return blocks[((known - firstSector) * 512) / blockLength]!;
    table.writeUInt32BE(firstSector + (blocks.length * blockLength) / 512, index * 4);
    // What lies in sectors that the bitmap does not name must never be seen.
    const block = Buffer.alloc(blockLength, 0xee);
    block.fill(0, 0, bitmapBytes(blockBytes));
    blocks.push(block);
    return block;
  };
  for (const { offset, data } of spec.writes) {
    for (let at = 0; at < data.length; at += 512) {
      const sector = (offset + at) / 512;
      const within = sector % (blockBytes / 512);
      const block = blockOf(Math.floor((sector * 512) / blockBytes));
      block[within >>> 3]! |= 0x80 >>> (within & 7);
      block.set(data.subarray(at, at + 512), bitmapBytes(blockBytes) + within * 512);
    }
  }
  return Buffer.concat([
    footer,
    encodeDynamicHeader(header),
    ...texts.map(({ bytes }) => Buffer.concat([bytes, Buffer.alloc(1024 - bytes.length)])),
    table,
    ...blocks,
    footer,
  ]);
};

const locatorTexts = (spec: DifferencingVhd): { platform: string; bytes: Buffer }[] => [
  ...(spec.absolutePath === undefined
    ? []
    : [{ platform: 'W2ku', bytes: Buffer.from(spec.absolutePath, 'utf16le') }]),
  ...(spec.relativePath === undefined
    ? []
    : [{ platform: 'W2ru', bytes: Buffer.from(spec.relativePath, 'utf16le') }]),
  ...(spec.macUrl === undefined ? [] : [{ platform: 'MacX', bytes: Buffer.from(spec.macUrl, 'utf8') }]),
];
