import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import {
  createDynamicVhdWriter,
  openDynamicVhdWriter,
} from '../../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import type { VirtualDiskWriter } from '../../../../src/main/disk/virtual-disk.ts';
import {
  oracleMissing,
  qemuCreateVhd,
  qemuIdentical,
  qemuIo,
  qemuSize,
  qemuToRaw,
} from '../../../support/oracles.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

const contentOf = (path: string): Buffer => {
  const disk = openVirtualDisk(path);
  const content = Buffer.alloc(disk.sizeBytes, 0xdd);
  disk.read(content, 0);
  disk.close();
  return content;
};

type Step =
  | { readonly kind: 'write'; readonly at: number; readonly length: number; readonly value: number }
  | { readonly kind: 'zero'; readonly at: number; readonly length: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'crash' };

const diskBytes = 13 * 4096 + 512;
const place = { at: fc.nat(diskBytes - 1), length: fc.nat(3 * 4096) };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        ...place,
        value: fc.integer({ min: 1, max: 255 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('zero' as const), ...place }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  ),
  { maxLength: 30 },
);

describe('a dynamic VHD that is written', () => {
  it('holds what any sequence of writes, zeroes, flushes and reopenings left', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        run += 1;
        const path = inFolder(`disk-${run}.vhd`);
        let writer: VirtualDiskWriter = createDynamicVhdWriter(path, {
          sizeBytes: diskBytes,
          blockBytes: 4096,
        });
        const model = Buffer.alloc(diskBytes);
        for (const step of sequence) {
          if (step.kind === 'flush') await writer.flush();
          else if (step.kind === 'reopen' || step.kind === 'crash') {
            // A crash after a flush loses nothing, not even the footer at the end.
            if (step.kind === 'crash') await writer.flush();
            if (step.kind === 'crash') writer.abandon();
            else await writer.close();
            expect(contentOf(path).equals(model)).toBe(true);
            writer = openDynamicVhdWriter(path);
          } else {
            const length = Math.min(step.length, diskBytes - step.at);
            if (step.kind === 'write') writer.write(Buffer.alloc(length, step.value), step.at);
            else writer.zero(step.at, length);
            model.fill(step.kind === 'write' ? step.value : 0, step.at, step.at + length);
          }
          const seen = Buffer.alloc(diskBytes, 0xdd);
          writer.read(seen, 0);
          expect(seen.equals(model)).toBe(true);
        }
        await writer.close();
        expect(contentOf(path).equals(model)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('opens at every moment between flushes and shows the last flushed state of blocks not rewritten', async () => {
    const path = inFolder('disk.vhd');
    const writer = createDynamicVhdWriter(path, { sizeBytes: 16 * mib });
    writer.write(Buffer.alloc(mib, 0x11), 0);
    await writer.flush();
    const flushed = contentOf(path);
    writer.write(Buffer.alloc(mib, 0x22), 4 * mib);
    writer.write(Buffer.alloc(mib, 0x33), 8 * mib);
    // What a power cut leaves now: new blocks at the end, no footer behind them, the old table.
    copyFileSync(path, inFolder('cut.vhd'));
    expect(contentOf(inFolder('cut.vhd')).equals(flushed)).toBe(true);
    const again = openDynamicVhdWriter(inFolder('cut.vhd'));
    again.write(Buffer.alloc(512, 0x44), 12 * mib);
    await again.close();
    const repaired = contentOf(inFolder('cut.vhd'));
    expect(repaired.subarray(0, 12 * mib).equals(flushed.subarray(0, 12 * mib))).toBe(true);
    // The place of the lost block 0x22 was taken: nothing of it may show in the new block.
    expect(
      repaired
        .subarray(12 * mib, 14 * mib)
        .equals(Buffer.concat([Buffer.alloc(512, 0x44), Buffer.alloc(2 * mib - 512)])),
    ).toBe(true);
    writer.abandon();
  });

  it('takes the place of zeroed blocks again instead of growing', async () => {
    const path = inFolder('disk.vhd');
    const writer = createDynamicVhdWriter(path, { sizeBytes: 64 * mib });
    for (let round = 0; round < 8; round += 1) {
      writer.write(Buffer.alloc(2 * mib, round + 1), round * 2 * mib);
      await writer.flush();
      writer.zero(round * 2 * mib, 2 * mib);
      await writer.flush();
    }
    await writer.close();
    expect(statSync(path).size).toBeLessThan(3 * mib);
    expect(contentOf(path).every((byte) => byte === 0)).toBe(true);
  });

  it('does not allocate for zeros', async () => {
    const path = inFolder('disk.vhd');
    const writer = createDynamicVhdWriter(path, { sizeBytes: 64 * mib });
    writer.zero(mib, 50 * mib);
    await writer.close();
    expect(statSync(path).size).toBeLessThan(8192);
  });

  it('refuses to write over an existing file, beyond its end, and more than 2040 GiB', async () => {
    writeFileSync(inFolder('there.vhd'), 'x');
    expect(() => createDynamicVhdWriter(inFolder('there.vhd'), { sizeBytes: mib })).toThrow(
      expect.objectContaining({ code: 'DISK_TARGET_EXISTS' }),
    );
    expect(() => createDynamicVhdWriter(inFolder('a.vhd'), { sizeBytes: 2041 * 1024 ** 3 })).toThrow(
      expect.objectContaining({ code: 'DISK_TOO_LARGE' }),
    );
    expect(() => createDynamicVhdWriter(inFolder('a.vhd'), { sizeBytes: mib, blockBytes: 3000 })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
    const writer = createDynamicVhdWriter(inFolder('a.vhd'), { sizeBytes: mib });
    expect(() => writer.write(Buffer.alloc(2), mib - 1)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
    await writer.close();
  });

  it('writes into blocks whose bitmap is partial: absent sectors become zeros, not what lay there', async () => {
    const path = inFolder('disk.vhd');
    const first = createDynamicVhdWriter(path, { sizeBytes: 4 * mib });
    first.write(Buffer.alloc(2 * mib, 0x66), 0);
    await first.close();
    const handle = openSync(path, 'r+');
    const entry = Buffer.alloc(4);
    readSync(handle, entry, 0, 4, 1536);
    writeSync(handle, Buffer.alloc(256), 0, 256, entry.readUInt32BE() * 512);
    closeSync(handle);
    const writer = openDynamicVhdWriter(path);
    writer.write(Buffer.alloc(100, 0x77), 1000);
    await writer.close();
    const expected = Buffer.alloc(4 * mib);
    expected.fill(0x66, mib, 2 * mib);
    expected.fill(0x77, 1000, 1100);
    expect(contentOf(path).equals(expected)).toBe(true);
  });

  it('restores a damaged copy of the footer before it relies on it', async () => {
    const path = inFolder('disk.vhd');
    await createDynamicVhdWriter(path, { sizeBytes: 4 * mib }).close();
    const handle = openSync(path, 'r+');
    writeSync(handle, Buffer.alloc(512), 0, 512, 0);
    closeSync(handle);
    const writer = openDynamicVhdWriter(path);
    writer.write(Buffer.alloc(512, 1), 0);
    writer.abandon();
    expect(contentOf(path)).toHaveLength(4 * mib);
  });
});

describe.skipIf(oracleMissing('qemu-img', 'qemu-io'))('a dynamic VHD and qemu', () => {
  it('what we write, qemu reads', async () => {
    const path = inFolder('ours.vhd');
    const sizeBytes = 33 * mib + 512;
    const writer = createDynamicVhdWriter(path, { sizeBytes });
    writer.write(Buffer.alloc(3 * mib + 7, 0x11), mib - 3);
    writer.write(Buffer.alloc(512, 0x22), sizeBytes - 512);
    writer.zero(2 * mib, 2 * mib);
    await writer.close();
    expect(qemuSize(path, 'vpc')).toBe(sizeBytes);
    writeFileSync(inFolder('expected.raw'), contentOf(path));
    expect(qemuIdentical(path, 'vpc', inFolder('expected.raw'), 'raw')).toBe(true);
    qemuIo(path, 'vpc', 'write -P 0x55 20M 1M');
    qemuToRaw(path, 'vpc', inFolder('altered.raw'));
    expect(contentOf(path).equals(readFileSync(inFolder('altered.raw')))).toBe(true);
  });

  it('what qemu made, we go on writing and qemu still reads', async () => {
    const path = inFolder('theirs.vhd');
    qemuCreateVhd(path, 'dynamic', 32 * mib);
    qemuIo(path, 'vpc', 'write -P 0x11 5M 3M');
    const writer = openDynamicVhdWriter(path);
    writer.write(Buffer.alloc(5 * mib, 0x22), 7 * mib);
    writer.zero(4 * mib, 2 * mib);
    await writer.close();
    qemuToRaw(path, 'vpc', inFolder('seen.raw'));
    const expected = Buffer.alloc(32 * mib);
    expected.fill(0x11, 6 * mib, 7 * mib);
    expected.fill(0x22, 7 * mib, 12 * mib);
    expect(readFileSync(inFolder('seen.raw')).equals(expected)).toBe(true);
  });
});
