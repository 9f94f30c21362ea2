import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/main/platform/clock.ts';
import {
  granularityMs,
  isRacy,
  sameStamp,
  settledStamp,
  stampFile,
  stampFileAsync,
} from '../../../src/main/platform/file-stamp.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-stamp-'));
  file = join(directory, 'disk.vhd');
  writeFileSync(file, 'content');
});
afterEach(() => rmSync(directory, { recursive: true }));

const changedMs = (path: string) => Number(BigInt(stampFile(path).changedNs) / 1_000_000n);

/** A clock that stands at `nowMs`; `during` runs in place of waiting. */
const clockAt = (nowMs: number, during: () => void = () => {}): Clock & { waited: number[] } => {
  const waited: number[] = [];
  return {
    waited,
    now: () => nowMs,
    wait: async (ms) => {
      waited.push(ms);
      during();
    },
  };
};

describe('a file stamp', () => {
  it('stays the same while nothing happens to the file, and survives JSON', async () => {
    const stamp = stampFile(file);
    expect(sameStamp(stamp, await stampFileAsync(file))).toBe(true);
    expect(sameStamp(stamp, JSON.parse(JSON.stringify(stamp)))).toBe(true);
  });

  it('differs after a write, after an old time is put back, and for another file under the same name', () => {
    const stamp = stampFile(file);
    appendFileSync(file, 'x');
    const written = stampFile(file);
    expect(sameStamp(stamp, written)).toBe(false);

    utimesSync(file, new Date(0), new Date(0));
    const backdated = stampFile(file);
    writeFileSync(join(directory, 'other'), 'contentx');
    utimesSync(join(directory, 'other'), new Date(0), new Date(0));
    renameSync(join(directory, 'other'), file);
    expect(sameStamp(backdated, stampFile(file))).toBe(false);
  });

  it('names the file that is missing', async () => {
    const missing = join(directory, 'missing.vhdx');
    expect(() => stampFile(missing)).toThrow(
      expect.objectContaining({ code: 'DISK_NOT_FOUND', file: missing }),
    );
    await expect(stampFileAsync(missing)).rejects.toMatchObject({ code: 'DISK_NOT_FOUND' });
  });

  it('is racy as long as another write could leave the same time, and when its time lies ahead', () => {
    const stamp = stampFile(file);
    const atMs = changedMs(file);
    expect(isRacy(stamp, atMs + granularityMs(stamp))).toBe(true);
    expect(isRacy(stamp, atMs + granularityMs(stamp) + 1)).toBe(false);
    expect(isRacy(stamp, atMs - 60_000)).toBe(true);
  });

  it('counts whole seconds where the file system keeps nothing finer', () => {
    const stamp = stampFile(file);
    expect(granularityMs({ ...stamp, modifiedNs: '1762158600000000000' })).toBe(2_000);
    expect(granularityMs({ ...stamp, modifiedNs: '1762158600000000001' })).toBe(50);
  });
});

describe('a settled stamp', () => {
  it('needs no waiting for a file that was written long ago', async () => {
    const clock = clockAt(changedMs(file) + 10_000);
    expect(await settledStamp(file, clock)).toEqual({ stamp: stampFile(file), settled: true });
    expect(clock.waited).toEqual([]);
  });

  it('waits out the granularity after a write', async () => {
    const clock = clockAt(changedMs(file));
    expect((await settledStamp(file, clock)).settled).toBe(true);
    expect(clock.waited).toEqual([granularityMs(stampFile(file)) + 1]);
  });

  it('says so when the file changed while it waited, or when waiting was cut short', async () => {
    const writing = clockAt(changedMs(file), () => appendFileSync(file, 'more'));
    expect(await settledStamp(file, writing)).toMatchObject({ settled: false, stamp: { sizeBytes: 11 } });
    const cutShort = await settledStamp(file, clockAt(changedMs(file)), AbortSignal.abort());
    expect(cutShort.settled).toBe(false);
  });
});
