import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/contract/error-catalogue.ts';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { diskId, lineage, ModelDisk, sampleHeader } from './log-samples.ts';
import { type SmallLog, tinyDiskBytes, writeSmallLog } from './small-log.ts';

const inFolder = temporaryFolder();
const expected = { diskId, lineage };

/** The last cut and the disk that a log adds up to, entry by entry and net; throws what the reader throws. */
const readAll = (path: string, minimumCut = 0) => {
  const reader = LogReader.open(path, { minimumCut });
  try {
    const disk = new ModelDisk(tinyDiskBytes);
    for (const entry of reader.entries()) if (entry.kind === 'block') disk.apply(entry.change);
    const net = new ModelDisk(tinyDiskBytes);
    for (const change of reader.netChanges()) net.apply(change);
    expect(net.bytes.equals(disk.bytes)).toBe(true);
    return { cut: reader.cuts().at(-1)?.cut ?? 4, disk };
  } finally {
    reader.close();
  }
};

const codeOf = (call: () => unknown): ErrorCode | null => {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof ReplicationError) return error.code;
    throw error;
  }
};

describe.each([
  { what: 'with an unfinished pass', unfinished: true },
  { what: 'that ends with a cut', unfinished: false },
])('a log $what', ({ unfinished }) => {
  let path: string;
  let log: SmallLog;
  let intact: Buffer;

  beforeEach(() => {
    path = inFolder('disk.vhdx.hrl');
    log = writeSmallLog(path, unfinished);
    intact = readFileSync(path);
  });

  it('detects every flipped byte, or is not harmed by it', () => {
    const last = log.milestones.at(-1)!;
    const previous = log.milestones.at(-2)!;
    const handle = openSync(path, 'r+');
    const outcomes = { corrupt: 0, harmless: 0, tornMark: 0 };
    // The file header is the same in both.
    for (let offset = unfinished ? 0 : 4096; offset < log.sizeBytes; offset += 1) {
      writeSync(handle, Buffer.from([intact[offset]! ^ (1 << (offset % 8))]), 0, 1, offset);
      const inLastMark = offset >= last.endOffset - 64 && offset < last.endOffset;
      const code = codeOf(() => {
        const read = readAll(path);
        const honest = read.cut === last.cut ? last : previous;
        expect(read.cut).toBe(honest.cut);
        expect(read.disk.bytes.equals(honest.disk.bytes)).toBe(true);
        // Without anything after it, a broken last mark looks like one that was never finished.
        if (honest === previous) expect(inLastMark && !unfinished).toBe(true);
        outcomes[honest === previous ? 'tornMark' : 'harmless'] += 1;
      });
      if (code !== null) {
        expect(code).toBe('HRL_CORRUPT');
        outcomes.corrupt += 1;
      }
      if (inLastMark) expect(codeOf(() => readAll(path, last.cut))).toBe('HRL_CORRUPT');
      writeSync(handle, intact, offset, 1, offset);
    }
    closeSync(handle);
    expect(readFileSync(path).equals(intact)).toBe(true);
    expect(outcomes.tornMark).toBe(unfinished ? 0 : 64);
    expect(outcomes.corrupt).toBeGreaterThan(unfinished ? 4096 + 3000 : 3000);
    expect(outcomes.harmless).toBeGreaterThan(0);
  });

  it('is damaged, not shortened, when any 64 bytes in its middle are zeros or missing', () => {
    const last = log.milestones.at(-1)!;
    for (let offset = 4096; offset < last.endOffset - 64; offset += 64) {
      const wiped = Buffer.from(intact);
      wiped.fill(0, offset, offset + 64);
      const shorter = Buffer.concat([intact.subarray(0, offset), intact.subarray(offset + 64)]);
      for (const content of [wiped, shorter]) {
        writeFileSync(path, content);
        const found = codeOf(() => expect(readAll(path).disk.bytes.equals(last.disk.bytes)).toBe(true));
        // Bytes of padding after a payload carry nothing.
        if (found === null) expect(content).toBe(wiped);
        else expect(found).toBe('HRL_CORRUPT');
      }
    }
  });

  it('goes on after its last cut as if the interrupted pass had never been', () => {
    appendFileSync(path, Buffer.from('torn'));
    const { writer, recovery } = LogWriter.openForAppend(path, expected);
    const last = log.milestones.at(-1)!;
    expect(recovery).toMatchObject({
      cutBackBytes: log.sizeBytes + 4 - last.endOffset,
      cutBackRecords: log.unfinishedEnds.length,
    });
    const disk = last.disk.clone();
    writer.append(disk.change(0, 0b11, 99));
    writer.cut({ cut: 10, takenAtMs: 10, consistency: 'application' });
    writer.close();
    const read = readAll(path);
    expect(read.cut).toBe(10);
    expect(read.disk.bytes.equals(disk.bytes)).toBe(true);
  });
});

describe('a log', () => {
  it('recovers, cut off at any length, to exactly the last complete cut', () => {
    const path = inFolder('disk.vhdx.hrl');
    const log = writeSmallLog(path, true);
    const milestoneBefore = (length: number) =>
      log.milestones.findLast(({ endOffset }) => endOffset <= length)!;
    for (let length = log.sizeBytes; length >= 4096; length -= 1) {
      truncateSync(path, length);
      const { cut, disk, endOffset } = milestoneBefore(length);
      const read = readAll(path);
      expect([length, read.cut]).toEqual([length, cut]);
      expect(read.disk.bytes.equals(disk.bytes)).toBe(true);
      if (length % 64 > 1) continue;
      const copy = inFolder('copy.hrl');
      copyFileSync(path, copy);
      const { writer, recovery } = LogWriter.openForAppend(copy, expected);
      expect(recovery.cutBackBytes).toBe(length - endOffset);
      expect(recovery.lastCut?.cut ?? 4).toBe(cut);
      expect(writer.bytes).toBe(endOffset);
      writer.close();
      expect(statSync(copy).size).toBe(endOffset);
    }
    for (let length = 4095; length >= 0; length -= 13) {
      truncateSync(path, length);
      expect(codeOf(() => readAll(path))).toBe('HRL_CORRUPT');
      expect(codeOf(() => LogWriter.openForAppend(path, expected))).toBe('HRL_CORRUPT');
    }
  });
});

describe('an unfinished pass', () => {
  it('is cut back although the disk kept its later records and lost earlier ones', () => {
    const path = inFolder('disk.vhdx.hrl');
    const log = writeSmallLog(path, true);
    const bytes = readFileSync(path);
    bytes.fill(0, log.milestones.at(-1)!.endOffset, log.unfinishedEnds[0]!);
    writeFileSync(path, bytes);
    expect(readAll(path).cut).toBe(9);
    const { writer, recovery } = LogWriter.openForAppend(path, expected);
    expect(recovery).toMatchObject({
      cutBackBytes: log.sizeBytes - log.milestones.at(-1)!.endOffset,
      cutBackRecords: 0,
    });
    writer.close();
  });
});

describe('a log that is not what it should be', () => {
  it('is foreign with another disk, lineage or purpose', () => {
    const path = inFolder('disk.vhdx.hrl');
    LogWriter.create(path, sampleHeader()).close();
    const other = '00000000-0000-4000-8000-000000000000';
    expect(codeOf(() => LogReader.open(path, { diskId: other }))).toBe('HRL_FOREIGN');
    expect(codeOf(() => LogReader.open(path, { lineage: other }))).toBe('HRL_FOREIGN');
    expect(codeOf(() => LogReader.open(path, { purpose: 'before-images' }))).toBe('HRL_FOREIGN');
    expect(codeOf(() => LogWriter.openForAppend(path, { diskId, lineage: other }))).toBe('HRL_FOREIGN');
    expect(codeOf(() => LogWriter.openForAppend(path, { diskId: other, lineage }))).toBe('HRL_FOREIGN');
  });

  it('is unsupported when its version is newer, and missing when it is not there', () => {
    const path = inFolder('disk.vhdx.hrl');
    LogWriter.create(path, sampleHeader()).close();
    const bytes = readFileSync(path);
    bytes.writeUInt16LE(2, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 4092)), 4092);
    writeFileSync(path, bytes);
    expect(codeOf(() => LogReader.open(path))).toBe('HRL_UNSUPPORTED');
    expect(codeOf(() => LogReader.open(inFolder('none.hrl')))).toBe('HRL_MISSING');
    expect(codeOf(() => LogWriter.openForAppend(inFolder('none.hrl'), expected))).toBe('HRL_MISSING');
    expect(codeOf(() => LogReader.open(inFolder()))).toBe('HRL_READ_FAILED');
  });

  it('never takes records of another log for its own, however alike the two are', () => {
    const [one, two] = [inFolder('one.hrl'), inFolder('two.hrl')];
    const log = writeSmallLog(one, false);
    writeSmallLog(two, false);
    const middle = log.milestones[2]!.endOffset;
    const spliced = Buffer.concat([
      readFileSync(one).subarray(0, middle),
      readFileSync(two).subarray(middle),
    ]);
    writeFileSync(one, spliced);
    const read = readAll(one);
    expect(read.cut).toBe(6);
    expect(read.disk.bytes.equals(log.milestones[2]!.disk.bytes)).toBe(true);
  });

  it('is damaged when two of its records changed places', () => {
    const path = inFolder('disk.vhdx.hrl');
    const writer = LogWriter.create(path, sampleHeader());
    const disk = new ModelDisk();
    const ends = [1, 2, 3].map((fill) => {
      writer.append(disk.change(0, 1, fill));
      return writer.bytes;
    });
    writer.cut({ cut: 5, takenAtMs: 5, consistency: 'crash' });
    writer.close();
    const [first, second, third] = ends as [number, number, number];
    const bytes = readFileSync(path);
    const swapped = [
      bytes.subarray(0, first),
      bytes.subarray(second, third),
      bytes.subarray(first, second),
      bytes.subarray(third),
    ];
    writeFileSync(path, Buffer.concat(swapped));
    expect(() => LogReader.open(path)).toThrow(
      expect.objectContaining({ code: 'HRL_CORRUPT', offset: first }),
    );
  });

  it('is damaged when it ends before a cut that was confirmed', () => {
    const path = inFolder('disk.vhdx.hrl');
    writeSmallLog(path, true);
    expect(codeOf(() => LogWriter.openForAppend(path, { ...expected, minimumCut: 10 }))).toBe('HRL_CORRUPT');
    expect(readAll(path, 9).cut).toBe(9);
  });
});
