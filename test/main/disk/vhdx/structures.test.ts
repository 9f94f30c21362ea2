import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BlockGeometry,
  batEntry,
  entryMib,
  entryState,
  readBatEntry,
  writeBatEntry,
} from '../../../../src/main/disk/vhdx/block-geometry.ts';
import { hasValidChecksum } from '../../../../src/main/disk/vhdx/checksum.ts';
import { parseGuid, readGuid, writeGuid } from '../../../../src/main/disk/vhdx/guid.ts';
import { encodeMetadata, readMetadata } from '../../../../src/main/disk/vhdx/metadata.ts';
import {
  decodePairs,
  decodeParentLocator,
  encodePairs,
  encodeParentLocator,
} from '../../../../src/main/disk/vhdx/parent-locator.ts';
import { encodeRegionTable, readRegions } from '../../../../src/main/disk/vhdx/region-table.ts';
import {
  maxDiskBytes,
  mib,
  regionGuids,
  regionTableOffsets,
} from '../../../../src/main/disk/vhdx/vhdx-format.ts';
import { decodeHeader, encodeHeader, type VhdxHeader } from '../../../../src/main/disk/vhdx/vhdx-header.ts';
import { MemorySource } from '../../../support/power-cut-file.ts';

const guid = fc.uuid();
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u32 = fc.nat(2 ** 32 - 1);

const header: fc.Arbitrary<VhdxHeader> = fc.record({
  sequence: u64,
  fileWriteGuid: guid,
  dataWriteGuid: guid,
  logGuid: guid,
  logVersion: fc.nat(65535),
  version: fc.nat(65535),
  logBytes: u32,
  logOffset: u64,
});

describe('a GUID on disk', () => {
  it('has its first three fields turned round, as in the specification of the BAT region', () => {
    const bytes = Buffer.alloc(16);
    writeGuid(regionGuids.bat, bytes, 0);
    expect(bytes.toString('hex')).toBe('6677c22d23f600429d64115e9bfd4a08');
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(guid, fc.nat(8), (text, at) => {
        const bytes = Buffer.alloc(24);
        writeGuid(text, bytes, at);
        expect(readGuid(bytes, at)).toBe(text);
        expect(parseGuid(`{${text.toUpperCase()}}`)).toBe(text);
      }),
    );
  });
});

describe('a header', () => {
  it('is read as it was written, every bit of every field', () => {
    fc.assert(
      fc.property(header, (fields) => {
        expect(decodeHeader(encodeHeader(fields))).toEqual(fields);
      }),
    );
  });

  it('with one bit changed anywhere is none', () => {
    fc.assert(
      fc.property(header, fc.nat(4095), fc.nat(7), (fields, at, bit) => {
        const bytes = encodeHeader(fields);
        bytes[at]! ^= 1 << bit;
        expect(decodeHeader(bytes)).toBeNull();
      }),
    );
  });
});

describe('a BAT entry', () => {
  it('keeps all 44 bits of its offset and its state', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 44 - 1), fc.nat(7), (offsetMib, state) => {
        const bytes = Buffer.alloc(8);
        writeBatEntry(bytes, 0, offsetMib * 8 + state);
        expect(bytes.readBigUInt64LE()).toBe((BigInt(offsetMib) << 20n) | BigInt(state));
        const entry = readBatEntry(bytes, 0);
        expect([entryMib(entry), entryState(entry)]).toEqual([offsetMib, state]);
      }),
    );
    expect(batEntry(6, 5 * mib)).toBe(5 * 8 + 6);
  });

  it('is found at the place the specification gives it, bitmap entries in between', () => {
    const shape = { blockBytes: 256 * mib, logicalSectorBytes: 512, batOffset: 3 * mib };
    // Chunk ratio 2^23 × 512 / 256 MiB = 16.
    const geometry = new BlockGeometry({ ...shape, sizeBytes: 40 * 256 * mib, isDifferencing: false });
    expect(geometry.chunkRatio).toBe(16);
    expect(geometry.entryCount).toBe(42);
    expect(geometry.payloadEntryOffset(15)).toBe(3 * mib + 15 * 8);
    expect(geometry.bitmapEntryOffset(15)).toBe(3 * mib + 16 * 8);
    expect(geometry.payloadEntryOffset(16)).toBe(3 * mib + 17 * 8);
    expect(geometry.isBitmapEntry(16)).toBe(true);
    expect(geometry.blockOfEntry(17)).toBe(16);
    expect(new BlockGeometry({ ...shape, sizeBytes: 40 * 256 * mib, isDifferencing: true }).entryCount).toBe(
      51,
    );
  });

  it('of any block is told from bitmap entries and leads back to its block', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 28 }),
        fc.constantFrom(512, 4096),
        fc.integer({ min: 1, max: maxDiskBytes / 4096 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (blockBits, logicalSectorBytes, sectors, at) => {
          const geometry = new BlockGeometry({
            sizeBytes: sectors * 4096,
            blockBytes: 2 ** blockBits,
            logicalSectorBytes,
            isDifferencing: true,
            batOffset: 0,
          });
          const block = Math.floor(at * geometry.blockCount);
          const index = geometry.payloadEntryOffset(block) / 8;
          expect(geometry.isBitmapEntry(index)).toBe(false);
          expect(geometry.blockOfEntry(index)).toBe(block);
          expect(geometry.isBitmapEntry(geometry.bitmapEntryOffset(block) / 8)).toBe(true);
          expect(geometry.bitmapEntryOffset(block) / 8).toBeLessThan(geometry.entryCount);
        },
      ),
    );
  });
});

describe('a region table', () => {
  it('is read as it was written, from its second copy when the first is damaged', () => {
    const regions = [
      { guid: regionGuids.bat, offset: 3 * mib, length: mib, required: true },
      { guid: regionGuids.metadata, offset: 2 * mib, length: mib, required: true },
      { guid: '00000000-0000-0000-0000-00000000abcd', offset: 4 * mib, length: mib, required: false },
    ];
    const file = Buffer.alloc(5 * mib);
    for (const offset of regionTableOffsets) encodeRegionTable(regions).copy(file, offset);
    expect(hasValidChecksum(encodeRegionTable(regions))).toBe(true);
    expect(readRegions(new MemorySource(file)).all).toEqual(regions);
    file[regionTableOffsets[0] + 100] = 1;
    expect(readRegions(new MemorySource(file)).all).toEqual(regions);
  });
});

describe('a parent locator', () => {
  const key = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });

  it('keeps every pair of strings', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(key, key), { selector: ([name]) => name, maxLength: 8 }),
        (pairs) => {
          expect([...decodePairs('a.vhdx', encodePairs(pairs))]).toEqual(pairs);
        },
      ),
    );
  });

  it('names the linkage in lower case without braces and the paths in the order to try them', () => {
    const linkage = '83ed0ec3-24c8-49a6-a959-5e4bf1288bfb';
    const ours = encodeParentLocator({ linkage, relativePath: '../b/p.vhdx', absolutePath: 'C:\\b\\p.vhdx' });
    expect(decodeParentLocator('a.vhdx', ours)).toEqual({
      linkages: [linkage],
      paths: ['..\\b\\p.vhdx', 'C:\\b\\p.vhdx'],
    });
    const theirs = encodePairs([
      ['absolute_win32_path', '\\\\?\\d:\\p.vhdx'],
      ['volume_path', '\\\\?\\Volume{26A21BDA-A627-11D7-9931-806E6F6E6963}\\p.vhdx'],
      ['parent_linkage2', `{${linkage.replace('8', '9')}}`],
      ['relative_path', '.\\p.vhdx'],
      ['parent_linkage', `{${linkage.toUpperCase()}}`],
    ]);
    expect(decodeParentLocator('a.vhdx', theirs)).toEqual({
      linkages: [linkage, linkage.replace('8', '9')],
      paths: [
        '.\\p.vhdx',
        '\\\\?\\Volume{26A21BDA-A627-11D7-9931-806E6F6E6963}\\p.vhdx',
        '\\\\?\\d:\\p.vhdx',
      ],
    });
  });
});

describe('metadata', () => {
  it('are read as they were written', () => {
    const arbitrary = fc.record({
      blockBytes: fc.integer({ min: 20, max: 28 }).map((bits) => 2 ** bits),
      sizeBytes: fc.integer({ min: 1, max: maxDiskBytes / 4096 }).map((sectors) => sectors * 4096),
      diskId: guid,
      logicalSectorBytes: fc.constantFrom(512, 4096),
      physicalSectorBytes: fc.constantFrom(512, 4096),
    });
    fc.assert(
      fc.property(arbitrary, guid, fc.boolean(), (disk, linkage, hasParent) => {
        const parent = { linkage, relativePath: './p.vhdx', absolutePath: '/vm/p.vhdx' };
        const region = encodeMetadata({ ...disk, parent: hasParent ? parent : null });
        const source = new MemorySource(region);
        const where = { guid: regionGuids.metadata, offset: 0, length: mib, required: true };
        expect(readMetadata(source, where)).toEqual({
          ...disk,
          kind: hasParent ? 'differencing' : 'dynamic',
          parent: hasParent ? { linkages: [linkage], paths: ['.\\p.vhdx', '/vm/p.vhdx'] } : null,
        });
      }),
      { numRuns: 50 },
    );
  });
});
