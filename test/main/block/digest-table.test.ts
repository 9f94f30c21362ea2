import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/contract/error-catalogue.ts';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { DigestTable } from '../../../src/main/block/digest-table.ts';
import { blockCount } from '../../../src/main/block/tracking-block.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const diskId = '11111111-2222-4333-8444-555555555555';
const lineage = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const mebibyte = 1024 * 1024;
const identity = { diskId, lineage, diskSizeBytes: 64 * mebibyte };
const table = (path: string) => DigestTable.open(path, identity);

const codeOf = (call: () => unknown): ErrorCode | null => {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof ReplicationError) return error.code;
    throw error;
  }
};

const readAll = (from: DigestTable): Buffer => {
  const all = Buffer.alloc(from.blockCount * 16, 0xaa);
  from.read(0, from.blockCount, all);
  return all;
};

describe('a digest table', () => {
  it('starts as zero blocks at no cost of space and at most 1/2000 of the disk from 64 MiB on', () => {
    const path = inFolder('disk.digests');
    for (const diskSizeBytes of [64 * mebibyte, 64 * mebibyte + 512, 1024 ** 4 + 32768 + 1]) {
      const created = DigestTable.create(path, { diskId, lineage, diskSizeBytes });
      expect(created.state).toEqual({
        diskId,
        lineage,
        diskSizeBytes,
        cut: 0,
        complete: false,
        checkpointOffset: 0,
      });
      expect(created.blockCount).toBe(blockCount(diskSizeBytes));
      const end = Buffer.alloc(48, 0xaa);
      created.read(created.blockCount - 3, 3, end);
      expect(end.every((byte) => byte === 0)).toBe(true);
      created.close();
      const { size, blocks } = statSync(path);
      expect(size).toBeLessThanOrEqual(diskSizeBytes / 2000);
      if (process.platform !== 'win32') expect(blocks * 512).toBeLessThanOrEqual(65536);
    }
  });

  it('reads back whatever was written, flushed or not, and keeps what was flushed', () => {
    const blocks = 3 * 256 + 77;
    const diskSizeBytes = blocks * 32768 - 100;
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('write' as const),
          first: fc.nat(blocks - 1),
          count: fc.oneof(fc.nat(3), fc.nat(600)),
          fill: fc.integer({ min: 1, max: 255 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('clear' as const),
          first: fc.nat(blocks - 1),
          count: fc.nat(600),
          fill: fc.constant(0),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('flush' as const, 'reopen' as const),
          first: fc.constant(0),
          count: fc.constant(0),
          fill: fc.constant(0),
        }),
      },
    );
    let runs = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const path = inFolder(`disk-${++runs}.digests`);
        const expected = { diskId, lineage, diskSizeBytes };
        let open = DigestTable.create(path, expected);
        const model = Buffer.alloc(blocks * 16);
        for (const { kind, first, count: wanted, fill } of steps) {
          const count = Math.min(wanted, blocks - first);
          if (kind === 'write') {
            const digests = Buffer.alloc(count * 16, fill);
            digests.copy(model, first * 16);
            open.write(first, digests);
          } else if (kind === 'clear') {
            model.fill(0, first * 16, (first + count) * 16);
            open.clear(first, count);
          } else {
            open.flush();
            if (kind === 'reopen') {
              open.close();
              open = DigestTable.open(path, expected);
            }
          }
          const part = Buffer.alloc(count * 16 + 3, 0xaa);
          open.read(first, count, part);
          expect(part.subarray(0, count * 16).equals(model.subarray(first * 16, (first + count) * 16))).toBe(
            true,
          );
          expect(part.subarray(count * 16)).toEqual(Buffer.alloc(3, 0xaa));
        }
        expect(readAll(open).equals(model)).toBe(true);
        open.flush();
        open.close();
        expect(readFileSync(path).subarray(512).equals(model)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gathers more scattered updates than it keeps pages for', () => {
    const path = inFolder('disk.digests');
    const diskSizeBytes = 4 * 1024 ** 3;
    const open = DigestTable.create(path, { diskId, lineage, diskSizeBytes });
    const model = Buffer.alloc(open.blockCount * 16);
    for (let update = 0; update < 5000; update += 1) {
      const block = (update * 7919) % open.blockCount;
      const digest = Buffer.alloc(16, 1 + (update % 255));
      open.write(block, digest);
      digest.copy(model, block * 16);
    }
    expect(readAll(open).equals(model)).toBe(true);
    open.flush();
    open.close();
    expect(readFileSync(path).subarray(512).equals(model)).toBe(true);
  });

  it('keeps its state over many changes, with the digests written before', () => {
    const path = inFolder('disk.digests');
    let open = DigestTable.create(path, identity);
    for (let cut = 1; cut <= 5; cut += 1) {
      open.write(cut, Buffer.alloc(16, cut));
      open.setHeader({ cut, checkpointOffset: cut * 32768, complete: cut === 5 });
      open.close();
      open = table(path);
      expect(open.state).toEqual({ ...identity, cut, checkpointOffset: cut * 32768, complete: cut === 5 });
      expect([open.cut, open.lineage, open.complete]).toEqual([cut, lineage, cut === 5]);
      const digest = Buffer.alloc(16);
      open.read(cut, 1, digest);
      expect(digest).toEqual(Buffer.alloc(16, cut));
    }
    const next = '00000000-0000-4000-8000-000000000000';
    open.setHeader({ lineage: next });
    open.close();
    expect(codeOf(() => table(path))).toBe('TRACKING_DAMAGED');
    const moved = DigestTable.open(path, { ...identity, lineage: next });
    expect(moved.cut).toBe(5);
    moved.close();
  });

  it('takes digests on while a checkpoint is made durable', async () => {
    const path = inFolder('disk.digests');
    const open = DigestTable.create(path, identity);
    open.write(1, Buffer.alloc(16, 1));
    const made = open.checkpoint(2 * 32768);
    open.write(2, Buffer.alloc(16, 2));
    expect(open.checkpointOffset).toBe(0);
    await made;
    expect(open.checkpointOffset).toBe(2 * 32768);
    await open.checkpoint(3 * 32768);
    open.close();
    const found = table(path);
    const digests = Buffer.alloc(32);
    found.read(1, 2, digests);
    expect(digests).toEqual(Buffer.concat([Buffer.alloc(16, 1), Buffer.alloc(16, 2)]));
    expect(found.state).toMatchObject({ checkpointOffset: 3 * 32768, complete: false });
    found.close();
    await expect(open.checkpoint(4 * 32768)).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it('has the state before when the write of a new one was torn', () => {
    const path = inFolder('disk.digests');
    const open = DigestTable.create(path, identity);
    open.setHeader({ cut: 1 });
    const before = readFileSync(path);
    open.setHeader({ cut: 2 });
    open.close();
    const after = readFileSync(path);
    const handle = openSync(path, 'r+');
    for (let written = 0; written <= 512; written += 1) {
      writeSync(
        handle,
        Buffer.concat([after.subarray(0, written), before.subarray(written, 512)]),
        0,
        512,
        0,
      );
      const found = table(path);
      const whole = before
        .subarray(0, 512)
        .equals(Buffer.concat([after.subarray(0, written), before.subarray(written, 512)]));
      expect([1, 2]).toContain(found.cut);
      if (whole) expect(found.cut).toBe(1);
      if (written >= 256) expect(found.cut).toBe(2);
      found.close();
    }
    closeSync(handle);
  });

  it('falls back to the state before when a byte of its header flips, and is damaged without either', () => {
    const path = inFolder('disk.digests');
    const open = DigestTable.create(path, identity);
    open.setHeader({ cut: 1 });
    open.close();
    const intact = readFileSync(path);
    for (let offset = 0; offset < 512; offset += 1) {
      const bytes = Buffer.from(intact);
      bytes[offset]! ^= 1 << (offset % 8);
      writeFileSync(path, bytes);
      const found = table(path);
      expect(found.cut).toBe(offset < 256 ? 1 : 0);
      found.close();
    }
    const bytes = Buffer.from(intact);
    bytes[100]! ^= 1;
    bytes[400]! ^= 1;
    writeFileSync(path, bytes);
    expect(codeOf(() => table(path))).toBe('TRACKING_DAMAGED');
  });

  it('is damaged when it is missing, cut short, too long or about something else', () => {
    const path = inFolder('disk.digests');
    expect(codeOf(() => table(path))).toBe('TRACKING_DAMAGED');
    DigestTable.create(path, identity).close();
    const { size } = statSync(path);
    for (const length of [0, 100, 511, 512, size - 1, size + 1]) {
      truncateSync(path, length);
      expect(codeOf(() => table(path))).toBe('TRACKING_DAMAGED');
      DigestTable.create(path, identity).close();
    }
    const other = '00000000-0000-4000-8000-000000000000';
    expect(codeOf(() => DigestTable.open(path, { ...identity, diskId: other }))).toBe('TRACKING_DAMAGED');
    expect(codeOf(() => DigestTable.open(path, { ...identity, lineage: other }))).toBe('TRACKING_DAMAGED');
    expect(codeOf(() => DigestTable.open(path, { ...identity, diskSizeBytes: 32 * mebibyte }))).toBe(
      'TRACKING_DAMAGED',
    );
    expect(codeOf(() => DigestTable.open(path, { diskId, diskSizeBytes: 64 * mebibyte }).close())).toBe(null);
  });

  it('refuses ranges and states that it cannot have, and any use once closed', () => {
    const open = DigestTable.create(inFolder('disk.digests'), identity);
    const target = Buffer.alloc(32);
    for (const [first, count] of [
      [-1, 1],
      [2048, 1],
      [2047, 2],
      [0, 3],
      [0.5, 1],
    ] as const) {
      expect(codeOf(() => open.read(first, count, target))).toBe('INPUT_INVALID');
    }
    expect(codeOf(() => open.write(2047, target))).toBe('INPUT_INVALID');
    expect(codeOf(() => open.write(0, target.subarray(1)))).toBe('INPUT_INVALID');
    expect(codeOf(() => open.setHeader({ checkpointOffset: 65 * mebibyte }))).toBe('INPUT_INVALID');
    expect(codeOf(() => open.setHeader({ lineage: 'none' }))).toBe('INPUT_INVALID');
    open.close();
    open.close();
    expect(codeOf(() => open.read(0, 1, target))).toBe('STATE_INVALID');
    expect(codeOf(() => open.flush())).toBe('STATE_INVALID');
    expect(codeOf(() => DigestTable.create(inFolder('gone', 'x'), identity))).toBe('TRACKING_WRITE_FAILED');
  });
});
