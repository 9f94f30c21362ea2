import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type ErrorReport, ReplicationError } from '../../src/contract/errors.ts';
import type { EnginePush } from '../../src/contract/events.ts';
import type { JobReport } from '../../src/contract/job-reports.ts';
import type { DiskStatus } from '../../src/contract/reports.ts';
import type { RequestName, RequestParams, RequestResult } from '../../src/contract/requests.ts';
import type { TaskKind } from '../../src/main/workers/protocol.ts';

export type ToEngineChild =
  | { readonly id: number; readonly kind: 'request'; readonly name: string; readonly params: unknown }
  | { readonly id: number; readonly kind: 'stats' }
  | { readonly id: number; readonly kind: 'watch' }
  | { readonly id: number; readonly kind: 'start' }
  | { readonly id: number; readonly kind: 'stop' };

export type FromEngineChild =
  | { readonly id: -1; readonly push: EnginePush }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorReport };

export interface EngineStats {
  readonly peakRssBytes: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

/**
 * `commit`: of what was prepared at the vault without a log. `set-aside`: after a damaged database was renamed, `rebuilt`:
 * before a rebuilt one gets its name. Else a task of the workers.
 */
export type KillPoint = 'commit' | 'set-aside' | 'rebuilt' | TaskKind;

type ReplicatedDisk = DiskStatus & { readonly replica: string };
const hasReplica = (disk: DiskStatus): disk is ReplicatedDisk => disk.replica !== null;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Unsent = ToEngineChild extends infer M ? (M extends ToEngineChild ? Omit<M, 'id'> : never) : never;

/** Drives an engine in a child process; `kill` is `kill -9`. */
export class EngineProcess {
  readonly exited: Promise<void>;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(push: EnginePush) => void>();
  private nextId = 1;

  private constructor(dataDirectory: string, killBefore?: KillPoint, workersDirectory?: string) {
    const args = [dataDirectory, killBefore ?? ''];
    if (workersDirectory !== undefined) args.push(workersDirectory);
    this.child = fork(join(import.meta.dirname, 'engine-child.ts'), args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => {
        for (const waiting of this.pending.values()) waiting.reject(new Error('The engine process ended'));
        this.pending.clear();
        resolve();
      });
    });
    this.child.on('message', (message: FromEngineChild) => {
      if ('push' in message) {
        for (const listener of this.listeners) listener(message.push);
        return;
      }
      const waiting = this.pending.get(message.id);
      this.pending.delete(message.id);
      if ('error' in message) waiting?.reject(ReplicationError.fromReport(message.error));
      else waiting?.resolve(message.result);
    });
  }

  /** @param killBefore where it ends by itself, as by `kill -9`  @param workersDirectory in place of the product's */
  static async start(
    dataDirectory: string,
    killBefore?: KillPoint,
    workersDirectory?: string,
  ): Promise<EngineProcess> {
    const engine = new EngineProcess(dataDirectory, killBefore, workersDirectory);
    await new Promise<unknown>((resolve, reject) => engine.pending.set(0, { resolve, reject }));
    return engine;
  }

  /** Starts one that ends by itself before it can be asked anything. */
  static async startAndDie(dataDirectory: string, killBefore: KillPoint): Promise<void> {
    const engine = new EngineProcess(dataDirectory, killBefore);
    await engine.exited;
  }

  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    return this.call({ kind: 'request', name, params }) as Promise<RequestResult<N>>;
  }

  /** Asks for a job and waits for its end. @throws the job's error */
  async job(name: 'sync' | 'resync' | 'verify', vm: string): Promise<JobReport> {
    return this.finish(await this.request(name, { vm }));
  }

  async finish({ id }: Pick<JobReport, 'id'>): Promise<JobReport> {
    const report = await this.request('job.wait', { id });
    if (report.error !== null) throw ReplicationError.fromReport(report.error);
    return report;
  }

  /** The VM's disks, once the vault has said where their replicas are: on a busy machine later than a status waits. */
  async replicatedDisks(vm: string): Promise<readonly ReplicatedDisk[]> {
    for (;;) {
      const disks = (await this.request('status', { vm })).vms[0]!.disks;
      if (disks.every(hasReplica)) return disks;
    }
  }

  /** Calls `listener` with everything the engine pushes from now on; returns what ends it. */
  watch(listener: (push: EnginePush) => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) void this.call({ kind: 'watch' }).catch(ignoreTheEnd);
    return () => this.listeners.delete(listener);
  }

  stats(): Promise<EngineStats> {
    return this.call({ kind: 'stats' }) as Promise<EngineStats>;
  }

  /** Begins replication cycles, and goes on with what an earlier run left. */
  async run(): Promise<void> {
    await this.call({ kind: 'start' });
  }

  async stop(): Promise<void> {
    await this.call({ kind: 'stop' });
    await this.exited;
  }

  /** No goodbye: the process ends where it stands. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private call(message: Unsent): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.child.send({ ...message, id });
    });
  }
}

/** The engine may be killed before it answers. */
const ignoreTheEnd = (): void => undefined;
