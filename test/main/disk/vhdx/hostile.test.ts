import { beforeAll, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { sealStructure } from '../../../../src/main/disk/vhdx/checksum.ts';
import { writeGuid } from '../../../../src/main/disk/vhdx/guid.ts';
import { metadataGuids } from '../../../../src/main/disk/vhdx/vhdx-format.ts';
import { openVhdxLayer } from '../../../../src/main/disk/vhdx/vhdx-layer.ts';
import { createVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { MemorySource, PowerCutFile } from '../../../support/power-cut-file.ts';
import { randomBelow, randomFrom } from '../../../support/random.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const kib = 1024;
const mib = 1024 * kib;
const sizeBytes = 4 * mib;
const metadataOffset = 2 * mib;
const batOffset = 3 * mib;
const temporary = useTemporaryFolder();
const parent = {
  linkage: '83ed0ec3-24c8-49a6-a959-5e4bf1288bfb',
  relativePath: './p.vhdx',
  absolutePath: '/vm/p.vhdx',
};

/** What the random changes are made in: changing payload changes nothing. */
const targets = [
  [64 * kib, 80],
  [128 * kib, 80],
  [192 * kib, 80],
  [256 * kib, 80],
  [metadataOffset, 32 + 7 * 32],
  [metadataOffset + 64 * kib, 300],
  [batOffset, 40],
  [batOffset + 4096 * 8, 8],
] as const;

/** The parts of a file that hold those, from and to. */
const structures = [
  [64 * kib, 320 * kib],
  [metadataOffset, metadataOffset + 128 * kib],
  [batOffset, batOffset + 64 * kib],
] as const;

/** Honest files: blocks 0 and 1 at 4 and 5 MiB; the child has its bitmap block at 4 MiB. */
let dynamic: Buffer;
let child: Buffer;

const build = async (isChild: boolean): Promise<Buffer> => {
  const path = temporary(`${isChild}.vhdx`);
  const file = new PowerCutFile(path);
  const disk = { sizeBytes, blockBytes: mib, ...(isChild ? { parent } : {}) };
  const writer = createVhdxWriter(path, disk, { open: () => file });
  writer.write(Buffer.alloc(mib + 8 * kib, 7), 4 * kib);
  await writer.close();
  return Buffer.from(file.contentAfter(file.operations.length, () => true));
};

beforeAll(async () => {
  dynamic = await build(false);
  child = await build(true);
});

const target = Buffer.alloc(sizeBytes);

/** Opens and reads the whole disk; gives the code of the error, or null. */
const outcome = (file: Buffer): string | null => {
  try {
    const layer = openVhdxLayer(new MemorySource(file));
    const length = Math.min(sizeBytes, layer.sizeBytes);
    for (const segment of layer.segments(0, length)) {
      if (segment.source === 'file')
        layer.readFile(target.subarray(0, Math.min(segment.length, target.length)), segment.fileOffset);
    }
    return null;
  } catch (error) {
    if (error instanceof ReplicationError) return error.code;
    throw error;
  }
};

const changed = (file: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
};

const sealed = (copy: Buffer, offset: number, length: number): void =>
  sealStructure(copy.subarray(offset, offset + length));

const headers = (change: (header: Buffer) => void) => (copy: Buffer) => {
  for (const offset of [64 * kib, 128 * kib]) {
    change(copy.subarray(offset, offset + 4 * kib));
    sealed(copy, offset, 4 * kib);
  }
};

const regions = (change: (table: Buffer) => void) => (copy: Buffer) => {
  for (const offset of [192 * kib, 256 * kib]) {
    change(copy.subarray(offset, offset + 64 * kib));
    sealed(copy, offset, 64 * kib);
  }
};

/** The table entry and the content of one metadata item: parameters, size, id, logical, physical, locator. */
const item = (index: number, change: (entry: Buffer, content: Buffer) => void) => (copy: Buffer) => {
  const entry = copy.subarray(metadataOffset + 32 + index * 32, metadataOffset + 64 + index * 32);
  change(entry, copy.subarray(metadataOffset + entry.readUInt32LE(16)));
};

const bat = (block: number, value: bigint) => (copy: Buffer) => {
  copy.writeBigUInt64LE(value, batOffset + block * 8);
};

describe('a hostile VHDX', () => {
  it('is compared with honest ones, which open', () => {
    expect(outcome(dynamic)).toBeNull();
    expect(outcome(child)).toBeNull();
  });

  const cases: [name: string, code: string | null, change: (copy: Buffer) => void][] = [
    ['without its signature', 'DISK_FORMAT_UNKNOWN', (copy) => copy.fill(0, 0, 8)],
    ['whose newer header is torn', null, (copy) => copy.fill(1, 128 * kib, 129 * kib)],
    ['without a valid header', 'DISK_CORRUPT', (copy) => copy.fill(1, 64 * kib, 129 * kib)],
    [
      'with two different headers of one number',
      'DISK_CORRUPT',
      (copy) => {
        copy.copy(copy, 64 * kib, 128 * kib, 132 * kib);
        copy[64 * kib + 16]! ^= 1;
        sealed(copy, 64 * kib, 4 * kib);
      },
    ],
    ['with the same header twice', null, (copy) => copy.copy(copy, 64 * kib, 128 * kib, 132 * kib)],
    ['of version 2', 'DISK_UNSUPPORTED', headers((header) => header.writeUInt16LE(2, 66))],
    [
      'whose log lies nowhere',
      'DISK_CORRUPT',
      headers((header) => header.writeBigUInt64LE(2n ** 63n + 1n, 72)),
    ],
    [
      'with a log beyond its end to be applied',
      'DISK_TRUNCATED',
      headers((header) => {
        header.fill(1, 48, 64);
        header.writeBigUInt64LE(2n ** 62n, 72);
      }),
    ],
    [
      'with a log of 4 GiB to be applied',
      'DISK_UNSUPPORTED',
      headers((header) => {
        header.fill(1, 48, 64);
        header.writeUInt32LE(0xfff00000, 68);
      }),
    ],
    [
      'with a log of an unknown version to be applied',
      'DISK_UNSUPPORTED',
      headers((header) => {
        header.fill(1, 48, 64);
        header.writeUInt16LE(1, 64);
      }),
    ],
    ['with one region table damaged', null, (copy) => copy.fill(1, 192 * kib, 193 * kib)],
    ['without a valid region table', 'DISK_CORRUPT', (copy) => copy.fill(1, 192 * kib, 257 * kib)],
    ['with too many regions', 'DISK_CORRUPT', regions((table) => table.writeUInt32LE(2048, 8))],
    ['without a BAT', 'DISK_UNSUPPORTED', regions((table) => table.fill(3, 16, 32))],
    [
      'without a BAT, something else in its place',
      'DISK_CORRUPT',
      regions((table) => {
        table.fill(3, 16, 32);
        table.writeUInt32LE(0, 44);
      }),
    ],
    ['with a BAT beyond 2^53', 'DISK_CORRUPT', regions((table) => table.writeBigUInt64LE(2n ** 60n, 32))],
    [
      'with a BAT beyond its end',
      'DISK_TRUNCATED',
      regions((table) => table.writeBigUInt64LE(2n ** 40n, 32)),
    ],
    ['whose regions overlap', 'DISK_CORRUPT', regions((table) => table.writeBigUInt64LE(2n ** 21n, 32))],
    [
      'whose log lies over its BAT',
      'DISK_CORRUPT',
      headers((header) => header.writeBigUInt64LE(3n * 2n ** 20n, 72)),
    ],
    ['without metadata', 'DISK_CORRUPT', (copy) => copy.fill(0, metadataOffset, metadataOffset + 8)],
    ['with too many metadata items', 'DISK_CORRUPT', (copy) => copy.writeUInt16LE(2048, metadataOffset + 10)],
    [
      'without a disk size',
      'DISK_CORRUPT',
      item(1, (entry) => entry.writeUInt32LE(0, 24) && entry.fill(9, 0, 16)),
    ],
    ['that needs an unknown item', 'DISK_UNSUPPORTED', item(1, (entry) => entry.fill(9, 0, 16))],
    [
      'with an item twice',
      'DISK_CORRUPT',
      item(1, (entry) => writeGuid(metadataGuids.fileParameters, entry, 0)),
    ],
    ['whose items overlap', 'DISK_CORRUPT', item(1, (entry) => entry.writeUInt32LE(64 * kib, 16))],
    ['with an item outside its region', 'DISK_CORRUPT', item(1, (entry) => entry.writeUInt32LE(mib - 4, 16))],
    ['with an item within the table', 'DISK_CORRUPT', item(1, (entry) => entry.writeUInt32LE(4, 16))],
    ['with blocks of 3 MiB', 'DISK_CORRUPT', item(0, (_, content) => content.writeUInt32LE(3 * mib, 0))],
    ['with blocks of 0 bytes', 'DISK_CORRUPT', item(0, (_, content) => content.writeUInt32LE(0, 0))],
    ['with blocks of 2 GiB', 'DISK_CORRUPT', item(0, (_, content) => content.writeUInt32LE(2 ** 31, 0))],
    [
      'of 2^64 - 1 bytes',
      'DISK_TOO_LARGE',
      item(1, (_, content) => content.writeBigUInt64LE(2n ** 64n - 1n, 0)),
    ],
    [
      'of 64 TiB and one sector',
      'DISK_TOO_LARGE',
      item(1, (_, content) => content.writeBigUInt64LE(2n ** 46n + 512n, 0)),
    ],
    [
      'of 64 TiB with a BAT for less',
      'DISK_CORRUPT',
      item(1, (_, content) => content.writeBigUInt64LE(2n ** 46n, 0)),
    ],
    ['of no bytes', 'DISK_CORRUPT', item(1, (_, content) => content.writeBigUInt64LE(0n, 0))],
    ['of half a sector', 'DISK_CORRUPT', item(1, (_, content) => content.writeBigUInt64LE(1000n, 0))],
    ['with sectors of 0 bytes', 'DISK_CORRUPT', item(3, (_, content) => content.writeUInt32LE(0, 0))],
    ['with a parent but no locator', 'DISK_CORRUPT', item(0, (_, content) => content.writeUInt32LE(2, 4))],
    ['with a block over the headers', 'DISK_CORRUPT', bat(0, 6n)],
    ['with a block over the BAT', 'DISK_CORRUPT', bat(0, (3n << 20n) | 6n)],
    ['with two blocks in one place', 'DISK_CORRUPT', bat(1, (4n << 20n) | 6n)],
    ['with a block beyond its end', 'DISK_TRUNCATED', bat(0, (6n << 20n) | 6n)],
    ['with a block at 2^63', 'DISK_TRUNCATED', bat(0, ((2n ** 43n) << 20n) | 6n)],
    ['with a block in the reserved state', 'DISK_CORRUPT', bat(0, (4n << 20n) | 4n)],
    ['with part of a block in no parent', 'DISK_CORRUPT', bat(0, (4n << 20n) | 7n)],
    ['with an unmapped block that names a wild place', null, bat(2, ((2n ** 43n) << 20n) | 3n)],
    ['with an unmapped block of the 0.95 kind', null, bat(0, 5n)],
    ['with a sector bitmap but no parent', null, (copy) => copy.writeBigUInt64LE(6n, batOffset + 4096 * 8)],
  ];

  for (const [name, code, change] of cases) {
    it(`${name} ${code === null ? 'opens' : `gives ${code}`}`, () => {
      expect(outcome(changed(dynamic, change))).toBe(code);
    });
  }

  const childCases: [name: string, code: string, change: (copy: Buffer) => void][] = [
    ['whose locator has another type', 'DISK_UNSUPPORTED', item(5, (_, content) => content.fill(5, 0, 16))],
    [
      'whose locator claims 65,535 pairs',
      'DISK_CORRUPT',
      item(5, (_, content) => content.writeUInt16LE(65535, 18)),
    ],
    [
      'whose locator leaves itself',
      'DISK_CORRUPT',
      item(5, (_, content) => content.writeUInt32LE(2 ** 31, 20)),
    ],
    ['whose locator has no pairs', 'DISK_CORRUPT', item(5, (_, content) => content.writeUInt16LE(0, 18))],
    ['whose locator is too short', 'DISK_CORRUPT', item(5, (entry) => entry.writeUInt32LE(10, 20))],
    ['without the bitmap it needs', 'DISK_CORRUPT', bat(4096, 0n)],
    ['with a bitmap over a block', 'DISK_CORRUPT', bat(4096, (5n << 20n) | 6n)],
    ['with a bitmap in an impossible state', 'DISK_CORRUPT', bat(4096, (4n << 20n) | 2n)],
    ['with a bitmap beyond its end', 'DISK_TRUNCATED', bat(4096, ((2n ** 40n) << 20n) | 6n)],
  ];

  for (const [name, code, change] of childCases) {
    it(`differencing, ${name} gives ${code}`, () => {
      expect(outcome(changed(child, change))).toBe(code);
    });
  }

  it('cut off anywhere gives a named error at once', () => {
    for (const file of [dynamic, child]) {
      for (let length = 0; length < file.length; length += 33_333) {
        const code = outcome(file.subarray(0, length));
        expect(code === 'DISK_TRUNCATED' || (length < 8 && code === 'DISK_FORMAT_UNKNOWN')).toBe(true);
      }
    }
  });

  it('with bytes changed at random opens or gives a named error', () => {
    const random = randomFrom(99);
    const codes = new Set<string | null>();
    for (const honest of [dynamic, child]) {
      const file = Buffer.from(honest);
      for (let round = 0; round < 400; round += 1) {
        for (const [start, end] of structures) honest.copy(file, start, start, end);
        for (let index = 1 + randomBelow(random, 6); index > 0; index -= 1) {
          const [start, length] = targets[randomBelow(random, targets.length)]!;
          const value =
            random() < 0.5 ? randomBelow(random, 256) : [0, 1, 0x7f, 0xff][randomBelow(random, 4)]!;
          file[start + randomBelow(random, length)] = value;
        }
        for (const offset of [64, 128]) sealed(file, offset * kib, 4 * kib);
        for (const offset of [192, 256]) sealed(file, offset * kib, 64 * kib);
        codes.add(outcome(file));
      }
    }
    expect([...codes]).toEqual(
      expect.arrayContaining([null, 'DISK_CORRUPT', 'DISK_UNSUPPORTED', 'DISK_TRUNCATED']),
    );
  });
});
