import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDirect } from '../../../../src/main/disk/direct-handle.ts';
import { openDiskFile, openStreamedFile } from '../../../../src/main/disk/vhdx/disk-file.ts';
import { pageAlignedMemory } from '../../../../src/main/platform/page-aligned-memory.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const kib = 1024;
const modelBytes = 1024 * kib;

/** Writes of any place, length, address in memory and content. */
const writes = fc.array(
  fc.record({
    offset: fc.oneof(
      fc.integer({ min: 0, max: 700 * kib }),
      fc.integer({ min: 0, max: 170 }).map((page) => page * 4 * kib),
    ),
    length: fc.oneof(
      fc.integer({ min: 1, max: 300 * kib }),
      fc.integer({ min: 1, max: 75 }).map((page) => page * 4 * kib),
    ),
    shift: fc.constantFrom(0, 0, 0, 1, 512),
    byte: fc.integer({ min: 1, max: 255 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('A file that is written as a stream', () => {
  it('holds what was written, whichever way each write went', async () => {
    await fc.assert(
      fc.asyncProperty(writes, async (list) => {
        const folder = mkdtempSync(join(tmpdir(), 'hvrc-stream-'));
        try {
          const file = openStreamedFile(join(folder, 'disk'), 'create');
          const model = Buffer.alloc(modelBytes);
          let end = 0;
          for (const { offset, length, shift, byte } of list) {
            const data = new Uint8Array(pageAlignedMemory(length + shift), shift, length).fill(byte);
            file.write(data, offset);
            model.fill(byte, offset, offset + length);
            end = Math.max(end, offset + length);
            const read = Buffer.alloc(length);
            file.read(read, offset);
            expect(read.equals(data)).toBe(true);
          }
          await file.sync();
          expect(file.sizeBytes).toBe(end);
          file.close();
          expect(readFileSync(join(folder, 'disk')).equals(model.subarray(0, end))).toBe(true);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is written past the page cache only in large whole pages', ({ skip }) => {
    const path = inFolder('disk');
    openDiskFile(path, 'create').close();
    const direct = openDirect(path);
    if (direct === null) return skip('this file system takes no direct writes');
    const page = (bytes: number) => new Uint8Array(pageAlignedMemory(bytes), 0, bytes);
    expect(direct.write(page(4 * kib), 0)).toBe(0);
    expect(direct.write(page(128 * kib), 512)).toBe(0);
    expect(direct.write(page(128 * kib + 100), 0)).toBe(128 * kib);
    direct.close();
  });
});
