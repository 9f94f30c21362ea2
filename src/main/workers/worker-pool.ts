import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ReplicationError } from '../../contract/errors.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { BandwidthGate } from '../vault/pacing/bandwidth-gate.ts';
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
  direct: 'uploader',
  resync: 'resync',
  verify: 'resync',
  restore: 'resync',
};

/** A thread without work is ended after this long: an idle engine is a small one. */
const idleMs = 5_000;

export interface TaskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: PassProgress) => void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: ReplicationError): void;
  onProgress: ((progress: PassProgress) => void) | undefined;
  readonly kind: TaskKind;
  /** It made no progress for too long and was asked to end. */
  stalled: boolean;
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
  private closed = false;
  /** The bandwidth limit of everything that the threads write to vaults. */
  readonly bandwidth = new BandwidthGate();

  /**
   * @param directory where `tracker`, `uploader` and `resync` lie, as `.ts` from source or `.js` when built
   * @param clock what standstill is judged by
   */
  constructor(directory: string, clock = systemClock) {
    this.directory = directory;
    this.clock = clock;
    this.extension = extname(import.meta.filename);
  }

  /**
   * Runs a task. Long copies get an uploader of their own, so that they do not hold up the deltas of other VMs.
   */
  run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions = {},
  ): Promise<Tasks[K]['result']> {
    if (this.closed) return Promise.reject(new ReplicationError('ENGINE_STOPPED', 'The engine is stopping.'));
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
    const name = kind === 'initial' || kind === 'commit' ? 'uploader-initial' : workerOf[kind];
    const present = this.threads.get(name);
    if (present !== undefined && !present.dead) return present;
    const entry = join(this.directory, `${workerOf[kind]}${this.extension}`);
    const thread = new WorkerThread(entry, name, this.clock, {
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
  private readonly watch: StallWatch;

  constructor(entry: string, name: string, clock: Clock, start: WorkerStart) {
    this.watch = new StallWatch(clock, {
      stalled: (id) => {
        const task = this.pending.get(id);
        if (task !== undefined) task.stalled = true;
        this.post({ type: 'cancel', id });
      },
      stuck: () => void this.terminate(),
    });
    this.worker = new Worker(entry, {
      name,
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 },
    });
    this.worker.unref();
    this.worker.on('message', (message: FromWorker) => this.receive(message));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`The thread ended with code ${code}`)));
    this.rest();
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
        if (this.pending.size === 0) this.rest();
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
        stalled: false,
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

  private rest(): void {
    this.worker.unref();
    this.idle = setTimeout(() => {
      this.dead = true;
      void this.worker.terminate();
    }, idleMs).unref();
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
        task.onProgress?.(message.progress);
        return;
      case 'done':
        task.resolve(message.result);
        return;
      case 'failed': {
        const isStall = task.stalled && message.error.code === 'CANCELLED';
        task.reject(isStall ? stallError(task.kind) : ReplicationError.fromReport(message.error));
      }
    }
  }

  private fail(cause: unknown): void {
    this.dead = true;
    const error = new ReplicationError('WORKER_FAILED', 'A worker thread ended unexpectedly.', { cause });
    for (const task of [...this.pending.values()]) task.reject(task.stalled ? stallError(task.kind) : error);
  }
}

const progressKey = ({ diskId, phase, doneBytes, skippedBytes }: PassProgress): string =>
  `${diskId} ${phase} ${doneBytes} ${skippedBytes}`;
