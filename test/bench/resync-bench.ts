import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, copyFileSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ResyncResult } from '../../src/contract/job-reports.ts';
import { createVhdxWriter, openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { type BenchSite, diskBytes } from './bench-site.ts';
import {
  against,
  type BenchResult,
  describeTimes,
  dropCaches,
  inRandomOrder,
  median,
  run,
  seconds,
} from './measure.ts';

const mebibyte = 2 ** 20;
const pageBytes = 4096;
const clusterBytes = 64 * 1024;
const changedShare = 0.01;

/**
 * A full disk of 4 GiB of which 1 % of the 4 KiB blocks differ from the replica: scattered, then in clusters of 64 KiB.
 * The peers bring a raw file to the same state: `rsync` in place, and a plain loop that compares SHA-256 of 64 KiB blocks
 * and writes those that differ.  `cmp` does no more than read
 * both.
 */
export const resyncBench = async (site: BenchSite, rounds: number): Promise<BenchResult[]> => {
  const directory = join(site.directory, 'resync-peers');
  mkdirSync(directory);
  const raw = join(directory, 'source.raw');
  const target = join(directory, 'target.raw');
  const diskPath = join(directory, 'full.vhdx');
  await makeFullDisk(diskPath, raw);
  copyFileSync(raw, target);
  const engine = await site.engine('resync', diskPath);
  engine.hvrc('protect', 'VM1', '--vault', 'local', '--frequency', '900', '--wait');
  const results: BenchResult[] = [];
  const peaks: number[] = [];

  const resync = (): { readonly seconds: number; readonly result: ResyncResult } => {
    const result = engine.hvrc<ResyncResult>('resync', 'VM1');
    peaks.push(engine.info().peakMemoryBytes);
    return { seconds: result.durationMs / 1000, result };
  };
  // The first copy is written past the page cache; the peers' files are in it from the start.
  resync();
  for (const [kind, unitBytes] of [
    ['scattered', pageBytes],
    ['in 64 KiB clusters', clusterBytes],
  ] as const) {
    const sent: number[] = [];
    // Whoever ran left its target equal to its source: only the source changes in between.
    const times = await inRandomOrder(rounds, {
      ours: async () => {
        await changeDisk(engine.diskPath, unitBytes);
        // A file changed this very moment is waited for until its times have settled; that is not what is measured.
        await pause(100);
        const { seconds: took, result } = resync();
        sent.push(result.sentBytes);
        return took;
      },
      rsync: async () => {
        changeRaw(raw, unitBytes);
        return seconds(() => run('rsync', '-I', '--inplace', '--no-whole-file', raw, target));
      },
      blocks: async () => {
        changeRaw(raw, unitBytes);
        return seconds(() => copyDifferingBlocks(raw, target));
      },
      cmp: () => seconds(() => run('cmp', raw, target)),
    });
    const what = `resynchronization of 4 GiB, 1 % of it changed ${kind}`;
    results.push(
      against(what, times.ours, times.rsync, 'rsync -I --inplace --no-whole-file', 0.2),
      against(what, times.ours, times.blocks, 'SHA-256 of 64 KiB blocks', 0.5),
      against(what, times.ours, times.cmp, 'cmp of two raw files', 1.0),
    );
    const ratio = median(sent) / (diskBytes * changedShare);
    results.push({
      what: `bytes sent by it, ${kind}`,
      measured: `${(median(sent) / mebibyte).toFixed(1)} MiB`,
      peer: `changed ${((diskBytes * changedShare) / mebibyte).toFixed(1)} MiB`,
      ratio,
      goal: '≤ 1.1 ×',
      met: ratio <= 1.1,
    });
  }
  results.push(...(await identical(raw, target, rounds, resync)));
  const peak = Math.max(...peaks);
  results.push({
    what: 'peak memory of it, all threads',
    measured: `${(peak / mebibyte).toFixed(0)} MiB`,
    peer: null,
    ratio: null,
    goal: '≤ 300 MB',
    met: peak <= 300e6,
  });
  await engine.stop();
  rmSync(directory, { recursive: true });
  return results;
};

/** Nothing to send: what remains is reading and comparing. */
const identical = async (
  raw: string,
  target: string,
  rounds: number,
  resync: () => { readonly seconds: number; readonly result: ResyncResult },
): Promise<BenchResult[]> => {
  const sent: number[] = [];
  const ours = async (): Promise<number> => {
    const { seconds: took, result } = resync();
    sent.push(result.sentBytes);
    return took;
  };
  const warm = await inRandomOrder(rounds, {
    ours,
    openssl: () => seconds(() => run('openssl', 'dgst', '-sha256', raw)),
  });
  const results = [
    against('comparison with an equal replica, warm', warm.ours, warm.openssl, 'openssl dgst -sha256', 0.6),
  ];
  if (dropCaches()) {
    const cold = await inRandomOrder(rounds, {
      ours: async () => {
        dropCaches();
        return ours();
      },
      dd: async () => {
        dropCaches();
        return seconds(() => {
          for (const file of [raw, target]) run('dd', `if=${file}`, 'of=/dev/null', 'bs=4M', 'status=none');
        });
      },
    });
    results.push(
      against('comparison with an equal replica, cold', cold.ours, cold.dd, 'dd bs=4M of both', 1.2),
    );
  }
  results.push({
    what: 'bytes sent for equal disks',
    measured: `${Math.max(...sent)} in ${describeTimes(warm.ours)}`,
    peer: null,
    ratio: null,
    goal: '0',
    met: sent.every((bytes) => bytes === 0),
  });
  return results;
};

const makeFullDisk = async (diskPath: string, raw: string): Promise<void> => {
  const writer = createVhdxWriter(diskPath, { sizeBytes: diskBytes });
  const handle = openSync(raw, 'w');
  const data = Buffer.alloc(mebibyte);
  for (let offset = 0; offset < diskBytes; offset += mebibyte) {
    randomFillSync(data);
    writer.write(data, offset);
    writeSync(handle, data, 0, data.length, offset);
  }
  closeSync(handle);
  await writer.close();
};

/** 1 % of the disk in units of `unitBytes`, each with something new to hold. */
function* changes(unitBytes: number): Generator<{ readonly offset: number; readonly data: Buffer }> {
  const data = Buffer.alloc(unitBytes);
  const changed = new Set<number>();
  while (changed.size < (diskBytes * changedShare) / unitBytes) {
    const unit = Math.floor((Math.random() * diskBytes) / unitBytes);
    if (changed.has(unit)) continue;
    changed.add(unit);
    yield { offset: unit * unitBytes, data: randomFillSync(data) };
  }
}

const changeDisk = async (path: string, unitBytes: number): Promise<void> => {
  const writer = openVhdxWriter(path);
  for (const { offset, data } of changes(unitBytes)) writer.write(data, offset);
  await writer.close();
};

const changeRaw = (path: string, unitBytes: number): void => {
  const handle = openSync(path, 'r+');
  for (const { offset, data } of changes(unitBytes)) writeSync(handle, data, 0, data.length, offset);
  closeSync(handle);
};

/** What the usual block-synchronizing tools do, on one thread and without their protocol. */
const copyDifferingBlocks = (raw: string, target: string): void => {
  const from = openSync(raw, 'r');
  const to = openSync(target, 'r+');
  const a = Buffer.alloc(clusterBytes);
  const b = Buffer.alloc(clusterBytes);
  const digest = (data: Buffer) => createHash('sha256').update(data).digest();
  for (let offset = 0; offset < diskBytes; offset += clusterBytes) {
    readSync(from, a, 0, clusterBytes, offset);
    readSync(to, b, 0, clusterBytes, offset);
    if (!digest(a).equals(digest(b))) writeSync(to, a, 0, clusterBytes, offset);
  }
  closeSync(from);
  closeSync(to);
};
