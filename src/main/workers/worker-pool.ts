import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ReplicationError } from '../../contract/errors.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { memoryRoom } from '../platform/memory.ts';
import { BandwidthGate } from '../vault/pacing/bandwidth-gate.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { FromWorker, PassProgress, TaskKind, Tasks, ToWorker, WorkerStart } from './protocol.ts';
import { StallWatch, stallLimitMs } from './stall-watch.ts';

export type WorkerName = 'tracker' | 'uploader' | 'resync';

const workerOf: Readonly<Record<TaskKind, WorkerName>> = {
  scan: 'tracker',
  cut: 'tracker',
  rollback: 'tracker',
  seal: 'tracker',
  openLog: 'tracker',
  survey: 'tracker',
  advanceSent: 'tracker',
  dropLogs: 'tracker',
  initial: 'uploader',
  send: 'uploader',
  commit: 'uploader',
  prune: 'uploader',
  direct: 'uploader',
  resync: 'resync',
  renew: 'resync',
  verify: 'resync',
  restore: 'resync',
};

/** Tasks that read disks or hold staged data; what only ends or tidies up goes on in any case. */
const needsMemory: ReadonlySet<TaskKind> = new Set([
  'scan',
  'initial',
  'send',
  'direct',
  'resync',
  'verify',
  'restore',
]);

/** A thread without work is ended after this long: an idle engine is a small one. */
const idleMs = 5_000;
/**
 * The threads that read whole disks are large ones, and seldom needed twice: they go at once, but for the commit that
 * follows.
 */
const idleLargeMs = 250;

const initialUploader = 'uploader-initial';

export interface TaskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: PassProgress) => void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: ReplicationError): void;
  onProgress: ((progress: PassProgress) => void) | undefined;
  readonly kind: TaskKind;
  /** Why it was asked to end without anybody's wish; null while it was not. */
  ended: ReplicationError | null;
}

/** What a task does, as in “stood still while …”. */
const doing: Readonly<Record<TaskKind, string>> = {
  scan: 'looking for changes',
  cut: 'ending a log',
  rollback: 'taking changes out of a log',
  seal: 'sealing a log',
  openLog: 'creating a log',
  survey: 'looking at logs',
  advanceSent: 'noting what was sent',
  dropLogs: 'deleting logs',
  initial: 'copying a disk',
  send: 'sending changes',
  commit: 'making a replica true',
  renew: 'making a replica true',
  prune: 'dropping recovery points',
  direct: 'sending changes',
  resync: 'comparing a disk with its replica',
  verify: 'verifying a disk',
  restore: 'restoring a disk',
};

const stallError = (kind: TaskKind): ReplicationError =>
  new ReplicationError(
    'TIMED_OUT',
    `There was no progress for ${stallLimitMs / 60_000} minutes while ${doing[kind]}.`,
  );

/**
 * The engine's worker threads, started when first needed. A thread that dies fails its tasks with `WORKER_FAILED`,
 * which is retried on a fresh thread. A task that makes no progress for too long fails with `TIMED_OUT`; one that does not
 * even end when told to takes its thread with it.
 */
export class WorkerPool {
  private readonly threads = new Map<string, WorkerThread>();
  private readonly directory: string;
  private readonly extension: string;
  private readonly clock: Clock;
  private readonly memory: MemoryWatch;
  private closed = false;
  /** The bandwidth limit of everything that the threads write to vaults. */
  readonly bandwidth = new BandwidthGate();

  /**
   * @param directory where `tracker`, `uploader` and `resync` lie, as `.ts` from source or `.js` when built
   * @param clock what standstill is judged by
   * @param room asked for the machine's memory
   */
  constructor(directory: string, clock = systemClock, room = memoryRoom) {
    this.memory = new MemoryWatch(clock, room);
    this.directory = directory;
    this.clock = clock;
    this.extension = extname(import.meta.filename);
  }

  /**
   * Runs a task. Long copies get an uploader of their own, so that they do not hold up the deltas of other VMs. Heavy ones
   * are refused, or ended, with `LOW_MEMORY` while the machine has none left.
   */
  run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions = {},
  ): Promise<Tasks[K]['result']> {
    if (this.closed) return Promise.reject(new ReplicationError('ENGINE_STOPPED', 'The engine is stopping.'));
    try {
      if (needsMemory.has(kind)) this.memory.require('before');
    } catch (error) {
      return Promise.reject(error);
    }
    return this.threadFor(kind).run(kind, params, options);
  }

  /**
   * Starts the threads of tasks that will soon be run, all at once: starting one takes a tenth of a second, and as much
   * again to load what `vaultKind` takes, of the vault that they will open.
   */
  prepare(kinds: readonly TaskKind[], vaultKind: WorkerStart['vaultKind'] = null): void {
    if (this.closed) return;
    for (const kind of kinds) this.threadFor(kind, vaultKind);
  }

  private threadFor(kind: TaskKind, vaultKind: WorkerStart['vaultKind'] = null): WorkerThread {
    const name = kind === 'initial' || kind === 'commit' ? initialUploader : workerOf[kind];
    const present = this.threads.get(name);
    if (present !== undefined && !present.dead) return present;
    const entry = join(this.directory, `${workerOf[kind]}${this.extension}`);
    const thread = new WorkerThread(entry, name, this.clock, this.memory, {
      readsDisks: kind === 'initial' || kind === 'scan',
      vaultKind,
      bandwidth: this.bandwidth.memory,
    });
    this.threads.set(name, thread);
    return thread;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.threads.values()].map((thread) => thread.terminate()));
  }
}

class WorkerThread {
  dead = false;
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private idle: NodeJS.Timeout | null = null;
  private readonly idleAfterWorkMs: number;
  private readonly watch: StallWatch;
  private readonly memory: MemoryWatch;

  constructor(entry: string, name: string, clock: Clock, memory: MemoryWatch, start: WorkerStart) {
    this.memory = memory;
    this.idleAfterWorkMs = name === initialUploader || name === 'resync' ? idleLargeMs : idleMs;
    this.watch = new StallWatch(clock, {
      stalled: (id) => {
        const task = this.pending.get(id);
        if (task !== undefined) this.end(id, task, stallError(task.kind));
      },
      stuck: () => void this.terminate(),
    });
    this.worker = new Worker(entry, {
      name,
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    });
    this.worker.unref();
    this.worker.on('message', (message: FromWorker) => this.receive(message));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`The thread ended with code ${code}`)));
    this.rest(idleMs);
  }

  run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions,
  ): Promise<Tasks[K]['result']> {
    const id = this.nextId++;
    const { signal } = options;
    return new Promise<Tasks[K]['result']>((resolve, reject) => {
      if (signal?.aborted) {
        reject(new ReplicationError('CANCELLED', 'The work was cancelled.'));
        return;
      }
      const cancel = () => this.post({ type: 'cancel', id });
      signal?.addEventListener('abort', cancel);
      const settled = () => {
        signal?.removeEventListener('abort', cancel);
        this.pending.delete(id);
        this.watch.end(id);
        if (this.pending.size === 0) this.rest(this.idleAfterWorkMs);
      };
      this.pending.set(id, {
        resolve: (result) => {
          settled();
          resolve(result as Tasks[K]['result']);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        onProgress: options.onProgress,
        kind,
        ended: null,
      });
      this.watch.begin(id);
      if (this.idle !== null) clearTimeout(this.idle);
      this.worker.ref();
      this.post({ type: 'run', id, kind, params } as ToWorker);
    });
  }

  async terminate(): Promise<void> {
    // From here on it takes no task, even while it is still ending.
    this.dead = true;
    await this.worker.terminate();
  }

  private end(id: number, task: Pending, why: ReplicationError): void {
    task.ended ??= why;
    this.post({ type: 'cancel', id });
  }

  private lookAtMemory(id: number, task: Pending): void {
    if (task.ended !== null || !needsMemory.has(task.kind)) return;
    try {
      this.memory.require('during');
    } catch (error) {
      this.end(id, task, ReplicationError.from(error));
    }
  }

  private rest(ms: number): void {
    this.worker.unref();
    this.idle = setTimeout(() => {
      this.dead = true;
      void this.worker.terminate();
    }, ms).unref();
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    const task = this.pending.get(message.id);
    if (task === undefined) return;
    switch (message.type) {
      case 'progress':
        this.watch.progress(message.id, progressKey(message.progress));
        this.lookAtMemory(message.id, task);
        task.onProgress?.(message.progress);
        return;
      case 'done':
        task.resolve(message.result);
        return;
      case 'failed': {
        const { ended } = task;
        const isEnded = ended !== null && message.error.code === 'CANCELLED';
        task.reject(isEnded ? ended : ReplicationError.fromReport(message.error));
      }
    }
  }

  private fail(cause: unknown): void {
    this.dead = true;
    const error = new ReplicationError('WORKER_FAILED', 'A worker thread ended unexpectedly.', { cause });
    for (const task of [...this.pending.values()]) task.reject(task.ended ?? error);
  }
}

const progressKey = ({ diskId, phase, doneBytes, skippedBytes }: PassProgress): string =>
  `${diskId} ${phase} ${doneBytes} ${skippedBytes}`;
