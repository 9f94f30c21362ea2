import { setImmediate } from 'node:timers/promises';
import { ReplicationError } from '../../contract/errors.ts';
import type { VirtualDiskWriter } from '../disk/virtual-disk.ts';
import { openFolderHost } from '../host/folder/folder-host.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { type Random, seededRandom } from './random.ts';
import { findWorkloadAreas, openTipWriter, type WorkloadArea } from './workload-target.ts';

export interface WorkloadOptions {
  /** Above 0. */
  readonly rateBytesPerSecond: number;
  /** Stops the workload: what was written is made durable and the disks are closed. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Told once a second. */
  readonly onReport?: (report: WorkloadReport) => void;
  readonly seed?: number;
}

export interface WorkloadReport {
  readonly writtenBytes: number;
  readonly writes: number;
  readonly elapsedMs: number;
  /** Over the last second, which is what the screen should show. */
  readonly bytesPerSecond: number;
}

const pageBytes = 4096;
const mostPagesPerWrite = 16;
const turnMs = 50;
const reportMs = 1000;
/** Where the machine cannot keep up, the rate is missed; it is not caught up with in one burst later. */
const mostDebtMs = 1000;
/** Between two looks at the clock and the signal. */
const writesPerTurn = 32;

/**
 * Writes into the sample site's disks like a busy server: 4 to 64 KiB at a time, scattered over databases and documents
 * and on and on in logs, into the tips only and only inside files, so that the file systems stay whole. Disks are
 * readable at every moment. Resolves when `signal` aborts.
 * @throws ReplicationError `INPUT_INVALID`, `HOST_NOT_FOUND`, `VM_NO_DISKS`, and what writing a disk throws
 */
export const runWorkload = async (directory: string, options: WorkloadOptions): Promise<WorkloadReport> => {
  const { rateBytesPerSecond, signal, onReport, clock = systemClock } = options;
  if (!(rateBytesPerSecond > 0)) {
    throw new ReplicationError('INPUT_INVALID', 'The rate of the workload must be above 0.');
  }
  const areas = findWorkloadAreas(await openFolderHost(directory).listVms());
  if (areas.length === 0) {
    throw new ReplicationError('VM_NO_DISKS', `${directory} has no sample disks to write into.`, {
      file: directory,
    });
  }
  const writers = new OpenWriters(areas);
  const guest = new Guest(areas, writers, seededRandom(options.seed ?? 1, 0x3021));

  const startedMs = clock.now();
  /** Written or forgiven. */
  let pacedBytes = 0;
  let reported = { atMs: startedMs, bytes: 0 };
  const report = (): WorkloadReport => {
    const nowMs = clock.now();
    const sinceMs = nowMs - reported.atMs;
    const bytesPerSecond = sinceMs <= 0 ? 0 : ((guest.writtenBytes - reported.bytes) * 1000) / sinceMs;
    reported = { atMs: nowMs, bytes: guest.writtenBytes };
    return {
      writtenBytes: guest.writtenBytes,
      writes: guest.writes,
      elapsedMs: nowMs - startedMs,
      bytesPerSecond: Math.round(bytesPerSecond),
    };
  };

  try {
    while (!signal.aborted) {
      const nowMs = clock.now();
      let dueBytes = ((nowMs - startedMs) * rateBytesPerSecond) / 1000 - pacedBytes;
      const forgivenBytes = Math.max(0, dueBytes - (mostDebtMs * rateBytesPerSecond) / 1000);
      pacedBytes += forgivenBytes;
      dueBytes -= forgivenBytes;
      if (dueBytes <= 0) {
        await clock.wait(turnMs, signal);
      } else {
        pacedBytes += guest.write(dueBytes, writesPerTurn);
        await setImmediate();
      }
      if (nowMs - reported.atMs >= reportMs) {
        await writers.flush();
        onReport?.(report());
      }
    }
    await writers.close();
  } finally {
    writers.abandon();
  }
  return report();
};

/** What decides where the next write goes. */
class Guest {
  writtenBytes = 0;
  writes = 0;
  readonly #scattered: readonly WorkloadArea[];
  readonly #appended: readonly WorkloadArea[];
  readonly #appendAt = new Map<WorkloadArea, number>();
  readonly #writers: OpenWriters;
  readonly #random: Random;

  constructor(areas: readonly WorkloadArea[], writers: OpenWriters, random: Random) {
    this.#scattered = areas.filter(({ pattern }) => pattern === 'scatter');
    this.#appended = areas.filter(({ pattern }) => pattern === 'append');
    this.#writers = writers;
    this.#random = random;
  }

  /** Makes up to `most` writes, of about `bytes` in all; returns the bytes written. */
  write(bytes: number, most: number): number {
    let written = 0;
    for (let count = 0; count < most && written < bytes; count++) written += this.#writeOnce();
    this.writtenBytes += written;
    return written;
  }

  #writeOnce(): number {
    const random = this.#random;
    const isAppend = this.#scattered.length === 0 || (this.#appended.length > 0 && random.below(10) < 3);
    const area = random.pick(isAppend ? this.#appended : this.#scattered);
    const areaPages = area.extent.length / pageBytes;
    const wanted = 1 + random.below(mostPagesPerWrite);
    const page = isAppend ? (this.#appendAt.get(area) ?? 0) : random.below(areaPages);
    const pages = Math.min(wanted, areaPages - page);
    if (isAppend) this.#appendAt.set(area, (page + pages) % areaPages);
    const data = new Uint8Array(pages * pageBytes);
    random.fill(data);
    this.#writers.writerOf(area).write(data, area.extent.offset + page * pageBytes);
    this.writes++;
    return data.length;
  }
}

/** One writer for each disk. */
class OpenWriters {
  readonly #byPath = new Map<string, VirtualDiskWriter>();

  constructor(areas: readonly WorkloadArea[]) {
    try {
      for (const { disk } of areas) {
        if (!this.#byPath.has(disk.path)) this.#byPath.set(disk.path, openTipWriter(disk));
      }
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  writerOf(area: WorkloadArea): VirtualDiskWriter {
    return this.#byPath.get(area.disk.path)!;
  }

  async flush(): Promise<void> {
    for (const writer of this.#byPath.values()) await writer.flush();
  }

  async close(): Promise<void> {
    for (const [path, writer] of this.#byPath) {
      this.#byPath.delete(path);
      await writer.close();
    }
  }

  /** What `close` did not come to. */
  abandon(): void {
    for (const writer of this.#byPath.values()) writer.abandon();
    this.#byPath.clear();
  }
}
