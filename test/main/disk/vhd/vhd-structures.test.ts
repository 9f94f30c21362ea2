import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vhdChecksum } from '../../../../src/main/disk/vhd/checksum.ts';
import {
  type DynamicHeader,
  decodeDynamicHeader,
  dynamicHeaderBytes,
  encodeDynamicHeader,
} from '../../../../src/main/disk/vhd/dynamic-header.ts';
import {
  decodeFooter,
  encodeFooter,
  footerBytes,
  isIntactFooter,
  type VhdFooter,
} from '../../../../src/main/disk/vhd/footer.ts';
import { geometryFor } from '../../../../src/main/disk/vhd/geometry.ts';
import { bitmapBytes, compactBitmap, sectorRuns } from '../../../../src/main/disk/vhd/sector-bitmap.ts';
import { uuidFromBytes, uuidToBytes } from '../../../../src/main/disk/vhd/uuid.ts';

const file = 'x.vhd';
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const fourCharacters = fc.stringMatching(/^[ -~]{4}$/);
const largestDiskSectors = (64 * 1024 ** 4) / 512;

const footers: fc.Arbitrary<VhdFooter> = fc
  .record({
    kind: fc.constantFrom('fixed' as const, 'dynamic' as const, 'differencing' as const),
    sizeBytes: fc.integer({ min: 1, max: largestDiskSectors }).map((sectors) => sectors * 512),
    originalSizeBytes: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    headerOffset: fc.maxSafeNat(),
    timestamp: u32,
    creatorApplication: fourCharacters,
    creatorHost: fourCharacters,
    creatorVersion: u32,
    geometry: fc.record({
      cylinders: fc.integer({ min: 0, max: 0xffff }),
      heads: fc.integer({ min: 0, max: 0xff }),
      sectorsPerTrack: fc.integer({ min: 0, max: 0xff }),
    }),
    uniqueId: fc.uuid(),
    features: u32,
    savedState: fc.boolean(),
  })
  .map((footer) => (footer.kind === 'fixed' ? { ...footer, headerOffset: null } : footer));

const headers: fc.Arbitrary<DynamicHeader> = fc.record({
  tableOffset: fc.maxSafeNat(),
  tableEntries: u32,
  blockBytes: fc.integer({ min: 12, max: 28 }).map((power) => 2 ** power),
  parentUniqueId: fc.uuid(),
  parentTimestamp: u32,
  parentName: fc.string({ maxLength: 255 }).filter((name) => !name.includes('\0')),
  locators: fc.array(
    fc.record({
      platform: fc.constantFrom('W2ru', 'W2ku', 'MacX'),
      space: u32,
      lengthBytes: fc.integer({ min: 1, max: 0xffff_ffff }),
      fileOffset: fc.maxSafeNat(),
    }),
    { maxLength: 8 },
  ),
});

describe('a VHD footer', () => {
  it('survives the way into bytes and back', () => {
    fc.assert(
      fc.property(footers, (footer) => {
        const bytes = encodeFooter(footer);
        expect(isIntactFooter(bytes)).toBe(true);
        expect(decodeFooter(bytes, file)).toEqual(footer);
      }),
    );
  });

  it('is known to be damaged when any single byte changes', () => {
    fc.assert(
      fc.property(
        footers,
        fc.nat(footerBytes - 1),
        fc.integer({ min: 1, max: 255 }),
        (footer, at, change) => {
          const bytes = encodeFooter(footer);
          bytes[at]! ^= change;
          expect(isIntactFooter(bytes)).toBe(false);
        },
      ),
    );
  });

  const patched = (patch: (view: DataView) => void): Uint8Array => {
    const footer = fc.sample(footers, { numRuns: 1, seed: 1 })[0]!;
    const bytes = encodeFooter({ ...footer, kind: 'dynamic', headerOffset: 512 });
    patch(new DataView(bytes.buffer));
    return bytes;
  };

  it.each([
    [
      'a size beyond 2^53, said to the last digit',
      48,
      2n ** 53n + 513n,
      'DISK_TOO_LARGE',
      /9007199254741505/,
    ],
    ['a size just beyond 64 TiB', 48, 64n * 2n ** 40n + 512n, 'DISK_TOO_LARGE', /70368744178176/],
    ['a size of no whole sector', 48, 1000n, 'DISK_CORRUPT', /1000 bytes/],
    ['no size', 48, 0n, 'DISK_CORRUPT', /0 bytes/],
    ['a header beyond 2^53', 16, 2n ** 63n + 1n, 'DISK_CORRUPT', /9223372036854775809/],
  ] as const)('with %s is refused', (_what, at, value, code, message) => {
    const bytes = patched((view) => view.setBigUint64(at, value));
    expect(() => decodeFooter(bytes, file)).toThrow(expect.objectContaining({ code, file }));
    expect(() => decodeFooter(bytes, file)).toThrow(message);
  });

  it.each([
    ['an unknown type', 60, 6],
    ['a later format version', 12, 0x0002_0000],
  ] as const)('with %s is refused', (_what, at, value) => {
    const bytes = patched((view) => view.setUint32(at, value));
    expect(() => decodeFooter(bytes, file)).toThrow(expect.objectContaining({ code: 'DISK_UNSUPPORTED' }));
  });
});

describe('a dynamic disk header', () => {
  it('survives the way into bytes and back', () => {
    fc.assert(
      fc.property(headers, (header) => {
        expect(decodeDynamicHeader(encodeDynamicHeader(header), file)).toEqual(header);
      }),
    );
  });

  it('is refused when any single byte changes', () => {
    fc.assert(
      fc.property(
        headers,
        fc.nat(dynamicHeaderBytes - 1),
        fc.integer({ min: 1, max: 255 }),
        (header, at, change) => {
          const bytes = encodeDynamicHeader(header);
          bytes[at]! ^= change;
          expect(() => decodeDynamicHeader(bytes, file)).toThrow(
            expect.objectContaining({ code: 'DISK_CORRUPT' }),
          );
        },
      ),
    );
  });

  it.each([
    ['no block size', 0, 'DISK_CORRUPT'],
    ['a block size that is no power of two', 3 * 1024 * 1024, 'DISK_CORRUPT'],
    ['tiny blocks', 512, 'DISK_UNSUPPORTED'],
    ['giant blocks', 2 ** 31, 'DISK_UNSUPPORTED'],
  ] as const)('with %s is refused', (_what, blockBytes, code) => {
    const header = fc.sample(headers, { numRuns: 1, seed: 1 })[0]!;
    const bytes = encodeDynamicHeader({ ...header, blockBytes });
    expect(() => decodeDynamicHeader(bytes, file)).toThrow(expect.objectContaining({ code, file }));
  });
});

describe('the parts of VHD structures', () => {
  it('the checksum is the one of the specification: complement of the byte sum without itself', () => {
    expect(vhdChecksum(Uint8Array.of(1, 2, 9, 9, 9, 9, 3), 2)).toBe(~6 >>> 0);
  });

  it('UUIDs keep their byte order', () => {
    const uuid = '00112233-4455-6677-8899-aabbccddeeff';
    expect([...uuidToBytes(uuid).subarray(0, 4)]).toEqual([0, 0x11, 0x22, 0x33]);
    expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid);
  });

  it.each([
    [40 * 1024 ** 2, { cylinders: 963, heads: 5, sectorsPerTrack: 17 }],
    [1024 ** 3, { cylinders: 2080, heads: 16, sectorsPerTrack: 63 }],
    [127 * 1024 ** 3, { cylinders: 65_278, heads: 16, sectorsPerTrack: 255 }],
    [2040 * 1024 ** 3, { cylinders: 65_535, heads: 16, sectorsPerTrack: 255 }],
  ])('the geometry of %i bytes', (sizeBytes, geometry) => {
    expect(geometryFor(sizeBytes)).toEqual(geometry);
  });

  it('the geometry never holds more than the disk', () => {
    fc.assert(
      fc.property(fc.integer({ min: 68, max: largestDiskSectors }), (sectors) => {
        const { cylinders, heads, sectorsPerTrack } = geometryFor(sectors * 512);
        expect(cylinders * heads * sectorsPerTrack).toBeLessThanOrEqual(sectors);
        expect(cylinders).toBeLessThanOrEqual(65_535);
        expect(heads).toBeLessThanOrEqual(16);
      }),
    );
  });

  it('a bitmap takes whole sectors', () => {
    expect([4096, 2 * 1024 ** 2, 4 * 1024 ** 2].map(bitmapBytes)).toEqual([512, 512, 1024]);
  });

  it('bitmap runs are maximal, in order, and most significant bit first', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 12 }).chain((bytes) =>
          fc.record({
            // Whole bytes of ones and zeros take the quick way and must meet the slow one.
            bitmap: fc
              .array(fc.constantFrom(0, 0xff, ...bytes), { minLength: bytes.length, maxLength: bytes.length })
              .map((list) => Uint8Array.from(list)),
            a: fc.nat(bytes.length * 8),
            b: fc.nat(bytes.length * 8),
          }),
        ),
        ({ bitmap, a, b }) => {
          const [first, end] = [Math.min(a, b), Math.max(a, b)];
          const bits: boolean[] = [];
          let before: boolean | null = null;
          for (const run of sectorRuns(bitmap, first, end)) {
            expect(run.first).toBe(first + bits.length);
            expect(run.present).not.toBe(before);
            before = run.present;
            for (let count = 0; count < run.count; count += 1) bits.push(run.present);
          }
          const expected = [...bitmap].flatMap((byte) =>
            [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((byte >> bit) & 1) === 1),
          );
          expect(bits).toEqual(expected.slice(first, end));
        },
      ),
    );
  });

  it('only bitmaps that say something are kept', () => {
    expect(compactBitmap(new Uint8Array(512).fill(0xff), 4096)).toBe('full');
    expect(compactBitmap(new Uint8Array(512), 4096)).toBe('empty');
    const mixed = new Uint8Array(512);
    mixed[511] = 1;
    expect(compactBitmap(mixed, 4096)).toBe(mixed);
    expect(compactBitmap(mixed, 4095)).toBe('empty');
  });
});
