import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import { createFixedVhdWriter } from '../../../../src/main/disk/vhd/fixed-vhd-writer.ts';
import { openFolderHost } from '../../../../src/main/host/folder/folder-host.ts';
import { freezeDisks, sweepFrozenClones } from '../../../../src/main/host/folder/freeze.ts';
import { systemClock } from '../../../../src/main/platform/clock.ts';
import { settledStamp, stampFile } from '../../../../src/main/platform/file-stamp.ts';
import { mountCloningVolume } from './cloning-volume.ts';
import { makeChild, makeRoot, makeVhdx, mebibyte, writeInto } from './site.ts';

const volume = mountCloningVolume();
afterAll(() => volume?.remove());

const vmWith = async (make: (folder: string) => Promise<readonly string[]>) => {
  const root = makeRoot(volume!.path);
  const files = await make(join(root, 'vm'));
  for (const file of files) await settledStamp(file, systemClock);
  const host = openFolderHost(root);
  const [vm] = await host.listVms();
  return { host, vm: vm!, ids: vm!.disks.map(({ id }) => id) };
};

const firstByte = (path: string): number => {
  const disk = openVirtualDisk(path);
  const byte = new Uint8Array(1);
  disk.read(byte, 0);
  disk.close();
  return byte[0]!;
};

describe.skipIf(volume === null)('freezing by clone', () => {
  it('holds still what the VM goes on to write, and leaves nothing behind', async () => {
    const { host, vm, ids } = await vmWith(async (folder) => [
      await makeVhdx(join(folder, 'a.vhdx'), (disk) => disk.write(new Uint8Array(4096).fill(1), 0)),
    ]);
    const beforeMs = Date.now();
    const frozen = await host.freeze(vm, ids);
    const path = join(vm.path, 'a.vhdx');
    expect(frozen.disks).toEqual([
      { diskId: ids[0], path: `${path}.hvrc-freeze`, cloned: true, stamps: [stampFile(path)] },
    ]);
    expect(frozen.takenAtMs).toBeGreaterThanOrEqual(beforeMs);
    await writeInto(path, 2);
    expect(firstByte(frozen.disks[0]!.path)).toBe(1);
    expect(firstByte(path)).toBe(2);
    expect(await frozen.isConsistent()).toBe(true);
    expect((await host.listVms())[0]!.disks).toHaveLength(1);

    await frozen.release();
    await frozen.release();
    expect(readdirSync(vm.path)).toEqual(['a.vhdx']);
  });

  it('clones the tip of a chain, which finds its parent from there; a written parent spoils the cut', async () => {
    const { host, vm, ids } = await vmWith(async (folder) => {
      const base = await makeVhdx(join(folder, 'a.vhdx'), (disk) =>
        disk.write(new Uint8Array(4096).fill(7), 0),
      );
      return [base, await makeChild(join(folder, 'a_1.avhdx'), base)];
    });
    const frozen = await host.freeze(vm, ids);
    expect(firstByte(frozen.disks[0]!.path)).toBe(7);
    expect(frozen.disks[0]!.stamps).toHaveLength(2);
    expect(await frozen.isConsistent()).toBe(true);
    await writeInto(join(vm.path, 'a.vhdx'), 8);
    expect(await frozen.isConsistent()).toBe(false);
    await frozen.release();
  });

  it('is one point in time of two disks whose times lie in the future: the clock was set back', async () => {
    const { vm } = await vmWith(async (folder) => [
      await makeVhdx(join(folder, 'a.vhdx')),
      await makeVhdx(join(folder, 'b.vhdx')),
    ]);
    const threeDaysMs = 3 * 24 * 3_600_000;
    const setBack = { now: () => Date.now() - threeDaysMs, wait: systemClock.wait };
    const frozen = await freezeDisks(vm.disks, setBack);
    expect(await frozen.isConsistent()).toBe(true);
    await frozen.release();
    const busy = { ...setBack, wait: () => writeInto(join(vm.path, 'a.vhdx'), 3) };
    await writeInto(join(vm.path, 'b.vhdx'), 3);
    const written = await freezeDisks(vm.disks, busy);
    expect(written.disks.map(({ stamps }) => stamps === null)).toEqual([true, false]);
    await written.release();
  });

  it('replaces and sweeps clones that a crash left', async () => {
    const { host, vm, ids } = await vmWith(async (folder) => [await makeVhdx(join(folder, 'a.vhdx'))]);
    const left = join(vm.path, 'a.vhdx.hvrc-freeze');
    writeFileSync(left, Buffer.alloc(8 * mebibyte, 9));
    const frozen = await host.freeze(vm, ids);
    expect(stampFile(left).sizeBytes).toBe(stampFile(join(vm.path, 'a.vhdx')).sizeBytes);
    expect(firstByte(left)).toBe(0);
    // As after a kill: nobody releases.
    expect(await frozen.isConsistent()).toBe(true);
    expect(await sweepFrozenClones(vm)).toBe(1);
    expect(readdirSync(vm.path)).toEqual(['a.vhdx']);
  });
});

/** Writes 1, 2, 3 … in order, each to its own page of each file, round and round, until told to stop. */
const writerCode = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { openSync, writeSync, closeSync } = require('node:fs');
  const { paths, slots, flag } = workerData;
  const handles = paths.map((path) => openSync(path, 'r+'));
  const stop = new Int32Array(flag);
  const page = Buffer.alloc(4096);
  let number = 0;
  while (Atomics.load(stop, 0) === 0) {
    number++;
    page.fill(0).writeDoubleLE(number, 0);
    for (const handle of handles) writeSync(handle, page, 0, 4096, (number % slots) * 4096);
    Atomics.store(stop, 1, number);
    Atomics.notify(stop, 1);
  }
  for (const handle of handles) closeSync(handle);
  parentPort.postMessage(number);`;

const slots = 256;

const startWriter = async (...paths: readonly string[]) => {
  const flag = new SharedArrayBuffer(8);
  const state = new Int32Array(flag);
  onTestFinished(() => {
    // Also where the test failed half way.
    Atomics.store(state, 0, 1);
  });
  const worker = new Worker(writerCode, { eval: true, workerData: { paths, slots, flag } });
  const ended = new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const started = Atomics.waitAsync(state, 1, 0);
  await started.value;
  return {
    stop: () => {
      Atomics.store(state, 0, 1);
      return ended;
    },
  };
};

/** The last write that a frozen disk holds; fails unless it holds exactly the writes up to that one. */
const lastWriteIn = (path: string): number => {
  const disk = openVirtualDisk(path);
  const bytes = Buffer.alloc(slots * 4096);
  disk.read(bytes, 0);
  disk.close();
  const found = Array.from({ length: slots }, (_, slot) => bytes.readDoubleLE(slot * 4096));
  const last = Math.max(...found);
  const expected = found.map((_, slot) => {
    const number = last - ((((last - slot) % slots) + slots) % slots);
    return number > 0 ? number : 0;
  });
  expect(found).toEqual(expected);
  return last;
};

const makeFixed = async (folder: string, name: string): Promise<string> => {
  mkdirSync(folder, { recursive: true });
  const disk = createFixedVhdWriter(join(folder, name), { sizeBytes: 4 * mebibyte });
  await disk.close();
  return disk.path;
};

describe.skipIf(volume === null)('cuts of a VM that keeps writing', () => {
  it('hold every write up to one and none after it, in one point of time with the disks that stand still', async () => {
    const { host, vm, ids } = await vmWith(async (folder) => [
      await makeFixed(folder, 'busy.vhd'),
      await makeFixed(folder, 'quiet.vhd'),
    ]);
    expect(ids).toHaveLength(2);
    const writer = await startWriter(join(vm.path, 'busy.vhd'));
    const seen: number[] = [];
    for (let cut = 0; cut < 40; cut++) {
      const frozen = await host.freeze(vm, ids);
      const busy = frozen.disks.find(({ path }) => path.includes('busy'))!;
      seen.push(lastWriteIn(busy.path));
      expect(busy).toMatchObject({ cloned: true, stamps: null });
      expect(await frozen.isConsistent()).toBe(true);
      await frozen.release();
    }
    const written = await writer.stop();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBeGreaterThan(10);
    expect(written).toBeGreaterThanOrEqual(seen.at(-1)!);
  });

  it('do not claim to be one point in time when two disks were written meanwhile', async () => {
    const { host, vm, ids } = await vmWith(async (folder) => [
      await makeFixed(folder, 'one.vhd'),
      await makeFixed(folder, 'two.vhd'),
    ]);
    const writer = await startWriter(...vm.disks.map(({ path }) => path));
    let torn = 0;
    for (let cut = 0; cut < 20; cut++) {
      const frozen = await host.freeze(vm, ids);
      const [one, two] = frozen.disks.map(({ path }) => lastWriteIn(path));
      // The writer takes the first file first: one point in time shows as many writes in the second, or one less.
      const isOneInstant = one! - two! === 0 || one! - two! === 1;
      if (!isOneInstant) torn++;
      if (await frozen.isConsistent()) expect(isOneInstant).toBe(true);
      await frozen.release();
    }
    await writer.stop();
    expect(torn).toBeGreaterThan(0);
  });
});
