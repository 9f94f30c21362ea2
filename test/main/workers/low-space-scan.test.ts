import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BlockBitmap, bitmapPath } from '../../../src/main/block/block-bitmap.ts';
import { digestOf } from '../../../src/main/block/digest.ts';
import { DigestTable } from '../../../src/main/block/digest-table.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { activeLogPath } from '../../../src/main/hrl/rotation.ts';
import type { ScanResult, Tasks } from '../../../src/main/workers/protocol.ts';
import { ChangeSink } from '../../../src/main/workers/tracking/change-sink.ts';
import { WorkerPool } from '../../../src/main/workers/worker-pool.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const pool = new WorkerPool(join(import.meta.dirname, '../../../src/main/workers'));
afterAll(() => pool.close());

const blockBytes = 32 * 1024;
const sizeBytes = 24 * 1024 * 1024;
const identity = {
  diskId: '11111111-2222-4333-8444-555555555555',
  lineage: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
};
/** More than any volume has. */
const noRoom = Number.MAX_SAFE_INTEGER;

/** A disk of zeros whose table knows it as it is at cut 1. */
class TrackedDisk {
  readonly path = inFolder('vm', 'data.vhdx');
  readonly tablePath = inFolder('tracking', 'data.digests');
  readonly logPath = activeLogPath(this.path);
  private cut = 1;

  async create(): Promise<this> {
    for (const name of ['vm', 'tracking']) mkdirSync(inFolder(name));
    await createVhdxWriter(this.path, { sizeBytes, blockBytes: 1024 * 1024 }).close();
    const { diskId, lineage } = identity;
    DigestTable.create(this.tablePath, {
      diskId,
      lineage,
      diskSizeBytes: sizeBytes,
      cut: 1,
      complete: true,
    }).close();
    return this;
  }

  async write(blocks: readonly number[], fill: number): Promise<void> {
    const writer = openVhdxWriter(this.path);
    for (const block of blocks) writer.write(Buffer.alloc(blockBytes, fill), block * blockBytes);
    await writer.close();
  }

  scan(change: Partial<Tasks['scan']['params']> = {}): Promise<ScanResult> {
    return pool.run('scan', { ...this.params, ...change });
  }

  get params() {
    return {
      source: { diskId: identity.diskId, name: 'data.vhdx', path: this.path, sizeBytes },
      tracking: { tablePath: this.tablePath, lineage: identity.lineage, rootPath: this.path },
      previousCut: 1,
      sequence: 1,
      createdAtMs: 5,
      thresholdBytes: sizeBytes,
      atThreshold: 'mark' as const,
      reserveBytes: 0,
      expectedBlocks: 0,
      baseline: null,
      endOffset: sizeBytes,
    };
  }

  async cutLog(): Promise<void> {
    this.cut += 1;
    const taken = { cut: this.cut, takenAtMs: 6, consistency: 'crash' } as const;
    await pool.run('cut', { diskId: identity.diskId, ...taken });
  }

  async rollback(): Promise<void> {
    await pool.run('rollback', { diskId: identity.diskId });
  }

  /** Blocks of the bitmap that builds on `cut`. */
  bitmap(cut: number, diskSizeBytes = sizeBytes): number[] | null {
    const bitmap = BlockBitmap.open(bitmapPath(this.tablePath), { ...identity, diskSizeBytes, cut });
    if (bitmap === null) return null;
    const blocks: number[] = [];
    for (const { offset, length } of bitmap.extents()) {
      for (let at = offset; at < offset + length; at += blockBytes) blocks.push(at / blockBytes);
    }
    bitmap.close();
    return blocks;
  }

  loggedBlocks(): number[] {
    const reader = LogReader.open(this.logPath);
    const blocks = [...reader.netChanges()].map(({ block }) => block);
    reader.close();
    return blocks;
  }
}

describe('a scan of a disk whose volume is low on space', () => {
  it('sets a bit for each changed block, logs nothing, and leaves the digests alone', async () => {
    const disk = await new TrackedDisk().create();
    await disk.write([3, 4, 700], 0x11);
    const table = readFileSync(disk.tablePath);
    const result = await disk.scan({ reserveBytes: noRoom });
    expect(result).toMatchObject({ stopped: null, changedBlocks: 3, logBytes: 0, loggedCut: null });
    expect(result.lowSpace?.freeBytes).toBeGreaterThan(0);
    await disk.rollback();
    expect(disk.bitmap(1)).toEqual([3, 4, 700]);
    expect(existsSync(disk.logPath)).toBe(false);
    expect(readFileSync(disk.tablePath).equals(table)).toBe(true);
  });

  it('keeps earlier cuts in the log and marks only what came after them, zeroed blocks too', async () => {
    const disk = await new TrackedDisk().create();
    await disk.write([3, 4, 700], 0x11);
    await disk.scan();
    await disk.cutLog();
    const { size } = statSync(disk.logPath);
    await disk.write([4], 0);
    await disk.write([9], 0x22);
    const result = await disk.scan({ reserveBytes: noRoom });
    expect(result).toMatchObject({ changedBlocks: 2, logBytes: size, loggedCut: 2 });
    await disk.rollback();
    expect(disk.bitmap(2)).toEqual([4, 9]);
    expect(disk.loggedBlocks()).toEqual([3, 4, 700]);
  });

  it('gives back what the pass had logged when the room runs out half way, and forgets none of it', async () => {
    const disk = await new TrackedDisk().create();
    const diskSizeBytes = 256 * 1024 * 1024;
    const identified = { ...identity, diskSizeBytes };
    const table = DigestTable.create(disk.tablePath, { ...identified, cut: 1, complete: true });
    const params = { ...disk.params, source: { ...disk.params.source, sizeBytes: diskSizeBytes } };
    const sink = new ChangeSink(params, table);
    const data = Buffer.alloc(blockBytes, 0x33);
    const digest = digestOf(data);
    const blocks = Array.from({ length: 5000 }, (_, index) => 10 + index);
    let mostLogged = 0;
    for (const block of blocks) {
      sink.add({ block, pageMask: 0xff, data, digest });
      mostLogged = Math.max(mostLogged, sink.logBytes);
      // Somebody fills the volume while the pass is under way.
      if (block === 1500) params.reserveBytes = noRoom;
    }
    sink.finish();
    sink.close();
    table.close();
    expect(mostLogged).toBeGreaterThan(1500 * blockBytes);
    expect(mostLogged).toBeLessThan(70 * 1024 * 1024);
    expect(sink).toMatchObject({ isDegraded: true, changedBlocks: blocks.length, logBytes: 0 });
    expect(existsSync(disk.logPath)).toBe(false);
    expect(disk.bitmap(1, diskSizeBytes)).toEqual(blocks);
  });

  it('logs what the bitmap held as soon as there is room for as much as an earlier pass found', async () => {
    const disk = await new TrackedDisk().create();
    await disk.write([3, 4, 700], 0x11);
    await disk.scan({ reserveBytes: noRoom });
    await disk.rollback();
    const still = await disk.scan({ reserveBytes: 0, expectedBlocks: 2 ** 38 });
    expect(still.lowSpace).not.toBeNull();
    await disk.rollback();
    const result = await disk.scan({ expectedBlocks: 3 });
    expect(result).toMatchObject({ lowSpace: null, changedBlocks: 3 });
    await disk.cutLog();
    expect(disk.loggedBlocks()).toEqual([3, 4, 700]);
    // What the old bitmap was made against is history.
    expect(disk.bitmap(2)).toBeNull();
  });

  it('needs no room at all where nothing changed', async () => {
    const disk = await new TrackedDisk().create();
    expect(await disk.scan({ reserveBytes: noRoom })).toMatchObject({ lowSpace: null, changedBlocks: 0 });
    await disk.rollback();
    expect(existsSync(disk.logPath)).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full'))(
    'fails with low space when the bitmap finds no room either',
    async () => {
      const disk = await new TrackedDisk().create();
      await disk.write([3], 0x11);
      symlinkSync('/dev/full', `${bitmapPath(disk.tablePath)}.tmp`);
      await expect(disk.scan({ reserveBytes: noRoom })).rejects.toMatchObject({ code: 'VOLUME_LOW_SPACE' });
      rmSync(`${bitmapPath(disk.tablePath)}.tmp`, { force: true });
      expect(await disk.scan()).toMatchObject({ lowSpace: null, changedBlocks: 1 });
      await disk.rollback();
    },
  );
});
