import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileSource } from '../../../../src/main/disk/file-source.ts';
import { openVhdxLayer } from '../../../../src/main/disk/vhdx/vhdx-layer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { contentOf } from '../../../support/layer-content.ts';
import { oracleMissing, qemuImg, qemuToRaw } from '../../../support/oracles.ts';
import { PowerCutFile } from '../../../support/power-cut-file.ts';
import { randomFrom } from '../../../support/random.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';
import {
  buildLogEntry,
  type LoggedChange,
  patchHeaders,
  readAt,
  writeAt,
} from '../../../support/vhdx-log-builder.ts';

const mib = 1024 * 1024;
const sector = 4096;
const logOffset = mib;
const batOffset = 3 * mib;
const logGuid = '11112222-3333-4444-5555-666677778888';
const temporary = useTemporaryFolder();

interface LogPlan {
  /** Where in the ring the first entry goes. */
  readonly at?: number;
  readonly firstSequence?: bigint;
  readonly flushedFileOffset?: number;
  readonly lastFileOffset?: number;
  readonly entries: readonly (readonly LoggedChange[])[];
  /** Ring offset every entry names as the tail; default the first entry's. */
  readonly tail?: number;
}

/** Writes entries into a file's log and says so in its headers. */
const dirty = (path: string, plan: LogPlan): void => {
  patchHeaders(path, (header) => ({ ...header, logGuid }));
  const { size } = statSync(path);
  let at = plan.at ?? 0;
  plan.entries.forEach((changes, index) => {
    const entry = buildLogEntry({
      sequence: (plan.firstSequence ?? 1n) + BigInt(index),
      tail: plan.tail ?? plan.at ?? 0,
      logGuid,
      flushedFileOffset: plan.flushedFileOffset ?? size,
      lastFileOffset: plan.lastFileOffset ?? size,
      changes,
    });
    const first = entry.subarray(0, mib - at);
    writeAt(path, first, logOffset + at);
    if (first.length < entry.length) writeAt(path, entry.subarray(first.length), logOffset);
    at = (at + entry.length) % mib;
  });
};

/** A disk of 8 MiB whose blocks 0 to 3 hold 1 to 4. */
const makeDisk = async (): Promise<string> => {
  const path = temporary('disk.vhdx');
  const writer = createVhdxWriter(path, { sizeBytes: 8 * mib, blockBytes: mib });
  for (let block = 0; block < 4; block += 1) writer.write(Buffer.alloc(mib, block + 1), block * mib);
  await writer.close();
  return path;
};

/** The first page of the BAT with one payload entry changed. */
const batWith = (path: string, block: number, entry: bigint): Buffer => {
  const page = readAt(path, batOffset, sector);
  page.writeBigUInt64LE(entry, block * 8);
  return page;
};

const dataAt = (block: number) => (4 + block) * mib;
const logOf = (path: string): unknown => {
  const layer = openVhdxLayer(new FileSource(path));
  layer.close();
  return layer.details.log;
};

/** What QEMU makes of a copy, which it repairs on the way. */
const asQemuReads = (path: string): Buffer => {
  const copy = temporary('copy.vhdx');
  const raw = temporary('copy.raw');
  copyFileSync(path, copy);
  qemuImg('check', '-q', '-r', 'all', '-f', 'vhdx', copy);
  qemuToRaw(copy, 'vhdx', raw);
  return readFileSync(raw);
};

describe.skipIf(oracleMissing('qemu-img'))('a VHDX with a log that was not applied', () => {
  const plans: Record<string, (path: string) => LogPlan> = {
    'one data sector of the BAT': (path) => ({
      entries: [[{ offset: batOffset, data: batWith(path, 5, BigInt(dataAt(0)) | 6n) }]].map((entry) => {
        // Block 5 takes over the place of block 0.
        entry[0]!.data.writeBigUInt64LE(0n, 0);
        return entry;
      }),
    }),
    'data and zeros in several entries, later over earlier': () => ({
      entries: [
        [{ offset: dataAt(0), data: Buffer.alloc(sector, 0x51) }],
        [
          { offset: dataAt(0), zeros: 3 * sector },
          { offset: dataAt(1) + sector, data: Buffer.alloc(sector, 0x52) },
        ],
        [{ offset: dataAt(0) + sector, data: Buffer.alloc(sector, 0x53) }],
      ],
    }),
    'as many descriptors as fit the first sector': () => ({
      entries: [
        Array.from({ length: 126 }, (_, index) => ({
          offset: dataAt(1) + index * sector,
          data: Buffer.alloc(sector, index + 1),
        })),
      ],
    }),
    'an entry with a tail elsewhere, as QEMU leaves it': () => ({
      tail: 2 * sector,
      entries: [[{ offset: dataAt(0), data: Buffer.alloc(sector, 0x51) }]],
    }),
    'a file that the log makes longer': (path) => ({
      lastFileOffset: 10 * mib,
      entries: [
        [
          { offset: batOffset, data: batWith(path, 6, BigInt(9 * mib) | 6n) },
          { offset: 9 * mib + sector, data: Buffer.alloc(sector, 0x77) },
          { offset: 10 * mib - sector, data: Buffer.alloc(sector, 0x78) },
        ],
      ],
    }),
  };

  for (const [name, plan] of Object.entries(plans)) {
    it(`is read as QEMU reads it after applying the log: ${name}`, async () => {
      const path = await makeDisk();
      const before = contentOf([path]);
      dirty(path, plan(path));
      const bytes = readFileSync(path);
      const expected = asQemuReads(path);
      expect(expected.equals(before)).toBe(false);
      expect(contentOf([path]).equals(expected)).toBe(true);
      expect(logOf(path)).toMatch(/^replayed in memory/);
      expect(readFileSync(path).equals(bytes)).toBe(true);

      const writer = openVhdxWriter(path);
      await writer.close();
      expect(logOf(path)).toBe('empty');
      expect(qemuImg('check', '-f', 'vhdx', path)).toContain('No errors');
      expect(contentOf([path]).equals(expected)).toBe(true);
    });
  }
});

describe('applying a log to its file', () => {
  it('leaves a file that holds the same whenever the power fails', async () => {
    const path = await makeDisk();
    dirty(path, {
      lastFileOffset: 10 * mib,
      entries: [
        [{ offset: dataAt(0), data: Buffer.alloc(sector, 0x51) }],
        [
          { offset: dataAt(0), zeros: 3 * sector },
          { offset: batOffset, data: batWith(path, 6, BigInt(9 * mib) | 6n) },
        ],
        [{ offset: 9 * mib + sector, data: Buffer.alloc(sector, 0x53) }],
      ],
    });
    const expected = contentOf([path]);
    const file = new PowerCutFile(path, readFileSync(path));
    const first = file.operations.length;
    await openVhdxWriter(path, { open: () => file }).close();
    const random = randomFrom(5);
    for (let count = first; count <= file.operations.length; count += 1) {
      for (let repeat = 0; repeat < 3; repeat += 1) {
        const likelihood = random();
        writeFileSync(
          path,
          file.contentAfter(count, () => random() < likelihood),
        );
        expect(contentOf([path]).equals(expected)).toBe(true);
      }
    }
  });
});

describe('the active sequence of a log', () => {
  it('is the one with the highest sequence number, whatever lies around it', async () => {
    const path = await makeDisk();
    dirty(path, {
      at: 64 * sector,
      firstSequence: 7n,
      entries: [[{ offset: dataAt(0), data: Buffer.alloc(sector, 0xaa) }]],
    });
    dirty(path, {
      at: 0,
      firstSequence: 20n,
      entries: [[{ offset: dataAt(1), data: Buffer.alloc(sector, 0xbb) }]],
    });
    const content = contentOf([path]);
    expect(content[0]).toBe(1);
    expect(content[mib]).toBe(0xbb);
  });

  it('begins at the tail that its last entry names: what is older was applied long ago', async () => {
    const path = await makeDisk();
    dirty(path, {
      tail: 2 * sector,
      entries: [
        [{ offset: dataAt(0), data: Buffer.alloc(sector, 0xaa) }],
        [{ offset: dataAt(1), data: Buffer.alloc(sector, 0xbb) }],
      ],
    });
    const content = contentOf([path]);
    expect(content[0]).toBe(1);
    expect(content[mib]).toBe(0xbb);
  });

  // QEMU 7.2 takes only part of such a sequence.
  it('may wrap round the end of the ring', async () => {
    const path = await makeDisk();
    const expected = contentOf([path]);
    dirty(path, {
      at: mib - 3 * sector,
      firstSequence: 0x1_ffff_ffffn,
      entries: Array.from({ length: 5 }, (_, index) => [
        { offset: dataAt(2) + index * sector, data: Buffer.alloc(sector, 0x60 + index) },
        { offset: dataAt(3) + index * 2 * sector, zeros: sector },
      ]),
    });
    for (let index = 0; index < 5; index += 1) {
      expected.fill(0x60 + index, 2 * mib + index * sector, 2 * mib + (index + 1) * sector);
      expected.fill(0, 3 * mib + 2 * index * sector, 3 * mib + (2 * index + 1) * sector);
    }
    expect(contentOf([path]).equals(expected)).toBe(true);
  });

  // QEMU 7.2 refuses such an entry.
  it('may have entries with more descriptors than fit a sector', async () => {
    const path = await makeDisk();
    const expected = contentOf([path]);
    dirty(path, {
      entries: [
        Array.from({ length: 150 }, (_, index) => ({
          offset: dataAt(1) + index * sector,
          data: Buffer.alloc(sector, index + 1),
        })),
      ],
    });
    for (let index = 0; index < 150; index += 1)
      expected.fill(index + 1, mib + index * sector, mib + (index + 1) * sector);
    expect(contentOf([path]).equals(expected)).toBe(true);
  });

  it('is missed when the entries it builds upon are damaged: the file is refused', async () => {
    const path = await makeDisk();
    const change = (value: number) => [{ offset: dataAt(0), data: Buffer.alloc(sector, value) }];
    dirty(path, { entries: [change(1), change(2), change(3)] });
    writeAt(path, Buffer.alloc(16, 0xff), logOffset + 100);
    expect(() => openVhdxLayer(new FileSource(path))).toThrow(
      expect.objectContaining({ code: 'DISK_CORRUPT' }),
    );
  });

  it('ends before an entry that is torn', async () => {
    const path = await makeDisk();
    dirty(path, {
      entries: [
        [{ offset: dataAt(0), data: Buffer.alloc(sector, 0xaa) }],
        [{ offset: dataAt(1), data: Buffer.alloc(sector, 0xbb) }],
      ],
    });
    writeAt(path, Buffer.alloc(16, 0xff), logOffset + 3 * sector + 100);
    const content = contentOf([path]);
    expect(content[0]).toBe(0xaa);
    expect(content[mib]).toBe(2);
  });

  it('is not made of entries with another log id', async () => {
    const path = await makeDisk();
    dirty(path, { entries: [[{ offset: dataAt(0), data: Buffer.alloc(sector, 0xaa) }]] });
    patchHeaders(path, (header) => ({ ...header, logGuid: logGuid.replace('1111', '9999') }));
    expect(contentOf([path])[0]).toBe(1);
    expect(logOf(path)).toBe('empty');
  });

  it('that was written for a longer file is refused: the file was cut off', async () => {
    const path = await makeDisk();
    dirty(path, { entries: [[{ offset: batOffset, zeros: sector }]] });
    truncateSync(path, 7 * mib);
    expect(() => openVhdxLayer(new FileSource(path))).toThrow(
      expect.objectContaining({ code: 'DISK_TRUNCATED' }),
    );
  });

  it('that wants an absurd file or clears too much at once is refused', async () => {
    const path = await makeDisk();
    dirty(path, { lastFileOffset: 2 ** 50, entries: [[{ offset: 0, zeros: sector }]] });
    expect(() => openVhdxLayer(new FileSource(path))).toThrow(
      expect.objectContaining({ code: 'DISK_CORRUPT' }),
    );
    dirty(path, {
      entries: [
        Array.from({ length: 5000 }, (_, index) => ({
          offset: (4 * mib + index * sector) % (8 * mib),
          zeros: sector,
        })),
      ],
    });
    expect(() => openVhdxLayer(new FileSource(path))).toThrow(
      expect.objectContaining({ code: 'DISK_UNSUPPORTED' }),
    );
  });

  it('may clear a range larger than the file without taking memory for it', async () => {
    const path = await makeDisk();
    dirty(path, { entries: [[{ offset: dataAt(2), zeros: 2 ** 52 }]] });
    const content = contentOf([path]);
    expect(content[mib]).toBe(2);
    expect(content.subarray(2 * mib).every((byte) => byte === 0)).toBe(true);
  });

  it('is not looked for among entries that overlap each other by the thousand', async () => {
    const path = await makeDisk();
    patchHeaders(path, (header) => ({ ...header, logGuid }));
    const entry = buildLogEntry({
      sequence: 1n,
      tail: 0,
      logGuid,
      flushedFileOffset: 0,
      lastFileOffset: 0,
      changes: [],
    });
    entry.writeUInt32LE(mib, 8);
    for (let at = 0; at < mib; at += sector) writeAt(path, entry, logOffset + at);
    expect(() => openVhdxLayer(new FileSource(path))).toThrow(
      expect.objectContaining({ code: 'DISK_CORRUPT' }),
    );
  });
});
