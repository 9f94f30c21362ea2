import { statfsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fileError } from './file-stamp.ts';

/** Room on the volume that holds a path, in bytes. */
export interface VolumeSpace {
  readonly totalBytes: number;
  /** What an ordinary account may still write. */
  readonly freeBytes: number;
  /** Where the volume is mounted: `D:\`, `/srv/vms`. */
  readonly mount: string;
}

export interface VolumeDescription extends VolumeSpace {
  /** Device (`/dev/sdb1`) or kind (`Local Fixed Disk`) for people; null where the system does not say. */
  readonly label: string | null;
}

/** What work leaves free of a volume beyond what it needs itself. */
export const slackBytes = 64 * 1024 ** 2;

const reserveShare = 0.05;
const leastReserveBytes = 1024 ** 3;

/** Free space that tracking must leave on a volume: 5 %, at least 1 GiB (issue: tracker worker). */
export const reserveBytes = (totalBytes: number): number =>
  Math.max(Math.ceil(totalBytes * reserveShare), leastReserveBytes);

/**
 * Asks the volume that holds `path`; cheap enough for every cycle.
 * @throws ReplicationError `DISK_NOT_FOUND`, `DISK_ACCESS_DENIED`, `DISK_READ_FAILED`
 */
export const volumeSpace = async (path: string): Promise<VolumeSpace> => {
  try {
    const { bsize, blocks, bavail } = await statfs(path, { bigint: true });
    return {
      totalBytes: Number(bsize * blocks),
      freeBytes: Number(bsize * bavail),
      mount: await mountPoint(resolve(path)),
    };
  } catch (error) {
    throw fileError(error, path);
  }
};

/** `volumeSpace(path).freeBytes` for a worker in the middle of a pass. @throws as `volumeSpace` */
export const freeBytesNow = (path: string): number => {
  try {
    const { bsize, bavail } = statfsSync(path, { bigint: true });
    return Number(bsize * bavail);
  } catch (error) {
    throw fileError(error, path);
  }
};

/** `volumeSpace` with a name for people. Starts another program the first time: never in a hot path. */
export const describeVolume = async (path: string): Promise<VolumeDescription> => {
  const space = await volumeSpace(path);
  const labels = await volumeLabels();
  return { ...space, label: labels.get(mountKey(space.mount)) ?? null };
};

/** The highest directory above `path` on the same device, as far up as this account may look. */
const mountPoint = async (path: string): Promise<string> => {
  const { dev } = await stat(path);
  for (let at = path; ; at = dirname(at)) {
    const parent = dirname(at);
    if (parent === at || (await deviceOf(parent)) !== dev) return at;
  }
};

const deviceOf = async (directory: string): Promise<number | null> => {
  try {
    return (await stat(directory)).dev;
  } catch (error) {
    // On Windows a folder may be open to an account that its parents are closed to.
    if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
};

/** `C:\` and node-disk-info's `C:` are one volume. */
const mountKey = (mount: string): string => mount.replace(/\\$/, '').toLowerCase();

const labelsLiveMs = 10 * 60_000;
const labelsTimeoutMs = 10_000;
let known: { readonly labels: Promise<ReadonlyMap<string, string>>; readonly atMs: number } | undefined;

const volumeLabels = (): Promise<ReadonlyMap<string, string>> => {
  const nowMs = performance.now();
  if (known === undefined || nowMs - known.atMs > labelsLiveMs) {
    known = { labels: askForLabels(), atMs: nowMs };
  }
  return known.labels;
};

// node-disk-info runs `df` or `wmic` synchronously whatever its promise suggests, and a dead network mount can hold
// `df` for minutes: it runs in a thread of its own, with a time limit.
const labelThread = `
  const { parentPort, workerData } = require('node:worker_threads');
  require(workerData).getDiskInfo().then(
    (drives) => parentPort.postMessage(drives.map((drive) => [drive.mounted, drive.filesystem])),
    () => parentPort.postMessage([]),
  );`;

/** Resolves to no labels where they cannot be had (Windows without `wmic`): a label is an ornament, never a reason to fail. */
const askForLabels = (): Promise<ReadonlyMap<string, string>> =>
  new Promise((done) => {
    const worker = new Worker(labelThread, {
      eval: true,
      workerData: createRequire(import.meta.url).resolve('node-disk-info'),
      stderr: true,
    });
    const finish = (drives: readonly (readonly [string, string])[]) => {
      clearTimeout(timer);
      void worker.terminate();
      done(new Map(drives.map(([mounted, filesystem]) => [mountKey(mounted), filesystem])));
    };
    const timer = setTimeout(finish, labelsTimeoutMs, []);
    worker.once('message', finish);
    worker.once('error', () => finish([]));
  });
