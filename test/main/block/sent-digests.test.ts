import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSentDigests, SentDigestsWriter } from '../../../src/main/block/sent-digests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const owner = {
  diskId: '11111111-2222-4333-8444-555555555555',
  lineage: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  diskSizeBytes: 64 * 1024 ** 4,
  cut: 7,
};
type Entry = readonly [block: number, digest: string];

const write = (path: string, entries: readonly Entry[]): void => {
  const writer = new SentDigestsWriter(path, owner);
  for (const [block, digest] of entries) writer.add(block, Buffer.from(digest, 'hex'));
  writer.finish();
};

const read = (path: string, of = owner): Entry[] => {
  const entries: Entry[] = [];
  readSentDigests(path, of, (block, digest) => entries.push([block, Buffer.from(digest).toString('hex')]));
  return entries;
};

const damage = expect.objectContaining({ code: 'TRACKING_DAMAGED' });

describe('digests of what was sent without a log', () => {
  it('come back in the order sent, however many', () => {
    const path = inFolder('disk.digests.sent');
    const entry = fc.tuple(
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
        write(path, entries);
        expect(read(path)).toEqual(entries);
      }),
      { numRuns: 40 },
    );
    const many = Array.from({ length: 5000 }, (_, block): Entry => [block, '0123456789abcdef'.repeat(2)]);
    write(path, many);
    expect(read(path)).toEqual(many);
  });

  it('are refused whole when they are missing, damaged or about something else', () => {
    const path = inFolder('disk.digests.sent');
    expect(() => read(path)).toThrowError(damage);
    write(path, [
      [1, 'aa'.repeat(16)],
      [2, 'bb'.repeat(16)],
    ]);
    expect(() => read(path, { ...owner, cut: 8 })).toThrowError(damage);
    const good = readFileSync(path);
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good);
      bad[at] = bad[at]! ^ 0x10;
      writeFileSync(path, bad);
      let used = 0;
      expect(() => readSentDigests(path, owner, () => (used += 1))).toThrowError(damage);
      expect(used).toBe(0);
    }
    writeFileSync(path, good.subarray(0, good.length - 1));
    expect(() => read(path)).toThrowError(damage);
  });

  it('do not exist before they are finished', () => {
    const path = inFolder('disk.digests.sent');
    const writer = new SentDigestsWriter(path, owner);
    writer.add(1, Buffer.alloc(16));
    writer.abandon();
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });
});
