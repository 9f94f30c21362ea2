import { type ErrorCode, ReplicationError } from '../../contract/errors.ts';
import type {
  CycleResult,
  InitialReplicationResult,
  JobKind,
  Progress,
  ResyncResult,
} from '../../contract/reports.ts';
import { isEnded } from '../../contract/reports.ts';
import type { SendResult } from '../workers/protocol.ts';
import type { EngineContext } from './engine-context.ts';
import type { Job } from './job-runner.ts';
import { Mutex } from './mutex.ts';
import { needsInitial, nextCycleAtMs, planNext, stateOf } from './plan.ts';
import { ProgressBoard } from './progress-board.ts';
import { ProtectedVm } from './protected-vm.ts';
import { isExhausted, nextAttemptAtMs } from './retry-schedule.ts';
import { replicateInitially } from './vm-initial.ts';
import { resynchronizeVm } from './vm-resync.ts';
import { shipVm } from './vm-shipping.ts';
import { type TrackingResult, trackVm } from './vm-tracking.ts';

/** Errors that end delta replication: only a comparison of source and replica brings the VM back. */
const resyncCodes: ReadonlySet<ErrorCode> = new Set([
  'HRL_THRESHOLD',
  'HRL_CORRUPT',
  'HRL_MISSING',
  'HRL_FOREIGN',
  'HRL_OUT_OF_SEQUENCE',
  'TRACKING_DAMAGED',
  'REPLICA_INVALID',
]);

/** How long an idle loop sleeps at most before it looks at the clock again: a suspended machine misses timers. */
const longestWaitMs = 60_000;

/**
 * Runs the replication of one VM: decides by `planNext`, does one thing at a time, and writes down what came of it.
 * Tracking and sending have a lock each, because changes are tracked on while a log is on its way.
 */
export class VmReplicator {
  readonly vm: ProtectedVm;
  private readonly engine: EngineContext;
  private readonly board: ProgressBoard;
  private readonly tracking = new Mutex();
  private readonly shipping = new Mutex();
  private stopping = new AbortController();
  private poke = new AbortController();
  private loop: Promise<void> | null = null;
  private backgroundShipping: Promise<void> | null = null;
  private activityText: string | null = null;
  private resynchronizing = false;

  constructor(engine: EngineContext, vmId: string) {
    this.engine = engine;
    this.vm = new ProtectedVm(engine, vmId);
    this.board = new ProgressBoard(engine.clock, () => this.changed());
  }

  get activity(): string | null {
    return this.activityText;
  }

  get isResynchronizing(): boolean {
    return this.resynchronizing;
  }

  get needsInitial(): boolean {
    return needsInitial(this.vm.disks);
  }

  progressOf(diskId: string): Progress | null {
    return this.board.of(diskId);
  }

  /** Begins to replicate by itself. */
  start(): void {
    this.stopping = new AbortController();
    this.loop ??= this.runLoop();
  }

  /** Ends at the next checkpoint. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await this.backgroundShipping;
    await this.tracking.run(async () => undefined);
    await this.shipping.run(async () => undefined);
    this.loop = null;
  }

  /** Looks at the plan again now. */
  wake(): void {
    this.poke.abort();
    this.poke = new AbortController();
  }

  /** Initial replication of what has none yet. The job that `protect` made is gone on with. */
  async initial(): Promise<void> {
    const { name } = this.vm.record;
    const job =
      this.engine.jobs.resume('initial', this.vm.vmId) ??
      this.engine.jobs.create('initial', this.vm.vmId, name, ['Finalize protection']);
    await this.exclusively(`Initial replication of ${name}`, async () => {
      const startedAtMs = this.engine.clock.now();
      job.running();
      try {
        const outcome = await replicateInitially(this.engine, this.vm, job, this.options(job));
        const result: InitialReplicationResult = {
          kind: 'initial',
          vm: name,
          sentBytes: outcome.sentBytes,
          skippedBytes: outcome.skippedBytes,
          consistency: outcome.consistency,
          point: outcome.point?.id ?? null,
          durationMs: this.engine.clock.now() - startedAtMs,
        };
        this.succeeded('initial', 0, startedAtMs);
        job.succeed(result);
        this.engine.events.info(`Initial replication of ${name} is complete.`, this.subject());
      } catch (error) {
        this.failed('initial', error, startedAtMs, job);
      }
    });
  }

  /** One cycle: track, then send. With a job the outcome is the job's. */
  async cycle(job: Job | null): Promise<CycleResult | null> {
    const startedAtMs = this.engine.clock.now();
    const dueAtMs = this.vm.record.nextCycleAtMs ?? startedAtMs;
    job?.running();
    try {
      const tracked = await this.trackStep(job);
      const sent = await this.shipStep(job);
      this.scheduleNextCycle(dueAtMs);
      const result = this.cycleResult(tracked, sent, startedAtMs);
      this.succeeded('cycle', sent?.sentBytes ?? 0, dueAtMs);
      job?.succeed(result);
      return result;
    } catch (error) {
      this.scheduleNextCycle(dueAtMs);
      this.failed('cycle', error, dueAtMs, job);
      return null;
    }
  }

  async resynchronize(job: Job): Promise<void> {
    const { name } = this.vm.record;
    await this.exclusively(`Resynchronizing ${name}`, async () => {
      const startedAtMs = this.engine.clock.now();
      job.running();
      this.resynchronizing = true;
      if (this.vm.record.resync === null) {
        // Marked while it runs, so that an interruption leaves the VM marked and not half compared.
        const resync = {
          code: 'RESYNC_REQUIRED',
          message: 'It was started by hand.',
          sinceMs: startedAtMs,
        } as const;
        this.vm.update({ resync });
      }
      try {
        const outcome = await resynchronizeVm(this.engine, this.vm, job, this.options(job));
        const durationMs = this.engine.clock.now() - startedAtMs;
        const result: ResyncResult = { kind: 'resync', vm: name, ...outcome, durationMs };
        this.succeeded('resync', outcome.sentBytes, startedAtMs);
        job.succeed(result);
        this.engine.events.info(
          `${name} is resynchronized: ${outcome.differentBlocks} blocks differed.`,
          this.subject(),
        );
      } catch (error) {
        this.failed('resync', error, startedAtMs, job);
      } finally {
        this.resynchronizing = false;
        this.saveState();
      }
    });
  }

  /** Work of another kind that must not run beside tracking or sending: verify, restore, unprotect. */
  async withStillReplica<T>(
    activity: string,
    work: (options: ReturnType<VmReplicator['options']>) => Promise<T>,
    job: Job,
  ): Promise<T> {
    return this.exclusively(activity, () => work(this.options(job)));
  }

  /** A person says: go on. Clears an error or a waiting retry. */
  retryNow(): void {
    this.vm.update({ error: null, retry: null, nextCycleAtMs: this.engine.clock.now() });
    this.saveState();
    this.wake();
  }

  setPaused(paused: boolean): void {
    const { name } = this.vm.record;
    this.vm.update({ pausedAtMs: paused ? this.engine.clock.now() : null });
    if (!paused) this.vm.update({ error: null, retry: null, nextCycleAtMs: this.engine.clock.now() });
    this.saveState();
    const text = paused
      ? `Replication of ${name} is paused; changes are tracked on.`
      : `Replication of ${name} goes on.`;
    this.engine.events.info(text, this.subject());
    this.wake();
  }

  private async runLoop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const nowMs = this.engine.clock.now();
      const action = planNext(this.vm.record, this.vm.disks, nowMs);
      const atMs = action.kind === 'wait' ? (action.untilMs ?? Number.POSITIVE_INFINITY) : action.atMs;
      if (atMs > nowMs) {
        await this.engine.clock.wait(Math.min(atMs - nowMs, longestWaitMs), this.poke.signal);
        continue;
      }
      if (action.kind === 'initial') await this.initial();
      else if (action.kind === 'cycle') await this.scheduledCycle(action.ship);
      else await this.engine.clock.wait(longestWaitMs, this.poke.signal);
    }
  }

  /** Tracks now; sends in the background, so that a slow vault does not hold up tracking. */
  private async scheduledCycle(ship: boolean): Promise<void> {
    const dueAtMs = this.vm.record.nextCycleAtMs ?? this.engine.clock.now();
    const startedAtMs = this.engine.clock.now();
    let tracked: TrackingResult;
    try {
      tracked = await this.trackStep(null);
    } catch (error) {
      this.scheduleNextCycle(dueAtMs);
      this.failed('cycle', error, dueAtMs, null);
      return;
    }
    this.scheduleNextCycle(dueAtMs);
    if (!ship || this.backgroundShipping !== null) return;
    this.backgroundShipping = this.shipStep(null)
      .then((sent) => {
        this.cycleResult(tracked, sent, startedAtMs);
        this.succeeded('cycle', sent?.sentBytes ?? 0, dueAtMs);
      })
      .catch((error: unknown) => this.failed('cycle', error, dueAtMs, null))
      .finally(() => {
        this.backgroundShipping = null;
      });
    // Small deltas are done within moments: the loop sees their outcome before it plans again.
    await Promise.race([this.backgroundShipping, this.engine.clock.wait(1_000, this.stopping.signal)]);
  }

  private trackStep(job: Job | null): Promise<TrackingResult> {
    const track = () =>
      this.tracking.run(() =>
        this.during(`Tracking changes of ${this.vm.record.name}`, () =>
          trackVm(this.engine, this.vm, this.options(job)),
        ),
      );
    return job === null ? track() : job.step('Track changes', track);
  }

  private shipStep(job: Job | null): Promise<SendResult | null> {
    const ship = () =>
      this.shipping.run(() =>
        this.during(`Sending changes of ${this.vm.record.name}`, () =>
          shipVm(this.engine, this.vm, this.tracking, this.options(job)),
        ),
      );
    return job === null ? ship() : job.step('Send changes', ship);
  }

  private exclusively<T>(activity: string, work: () => Promise<T>): Promise<T> {
    return this.shipping.run(() => this.tracking.run(() => this.during(activity, work)));
  }

  private async during<T>(activity: string, work: () => Promise<T>): Promise<T> {
    this.activityText = activity;
    this.changed();
    try {
      return await work();
    } finally {
      this.activityText = null;
      this.board.clear();
      this.changed();
    }
  }

  private options(job: Job | null) {
    const signals = job === null ? [this.stopping.signal] : [this.stopping.signal, job.signal];
    return {
      signal: AbortSignal.any(signals),
      onProgress: (pass: Parameters<ProgressBoard['note']>[0]) => this.board.note(pass),
    };
  }

  private cycleResult(tracked: TrackingResult, sent: SendResult | null, startedAtMs: number): CycleResult {
    const lastCycle: CycleResult = {
      kind: 'cycle',
      vm: this.vm.record.name,
      changedBytes: tracked.changedBytes,
      sentBytes: sent?.sentBytes ?? 0,
      blocksCompared: tracked.comparedBlocks,
      blocksChanged: tracked.changedBlocks,
      durationMs: this.engine.clock.now() - startedAtMs,
      consistency: tracked.consistency,
      point: sent?.point?.id ?? null,
    };
    this.vm.update({ lastCycle });
    return lastCycle;
  }

  private scheduleNextCycle(dueAtMs: number): void {
    const { frequencySeconds } = this.vm.record;
    this.vm.update({ nextCycleAtMs: nextCycleAtMs(dueAtMs, frequencySeconds, this.engine.clock.now()) });
  }

  private succeeded(what: JobKind, sentBytes: number, dueAtMs: number): void {
    const { vmId } = this.vm;
    const { retry, name, lastSyncAtMs } = this.vm.record;
    const atMs = this.engine.clock.now();
    this.engine.store.attempts.add({
      vmId,
      atMs,
      what,
      outcome: 'succeeded',
      error: null,
      nextAttemptAtMs: null,
    });
    const latencyMs = lastSyncAtMs === null ? null : Math.max(0, atMs - lastSyncAtMs);
    this.engine.store.cycles.add({
      vmId,
      dueAtMs,
      endedAtMs: atMs,
      outcome: 'succeeded',
      sentBytes,
      latencyMs,
    });
    this.vm.update({ retry: null, error: null });
    if (retry !== null) this.engine.events.info(`Replication of ${name} works again.`, this.subject());
    this.saveState();
  }

  private failed(what: JobKind, thrown: unknown, startedAtMs: number, job: Job | null): void {
    const { vmId } = this.vm;
    const record = this.vm.record;
    const atMs = this.engine.clock.now();
    const error = ReplicationError.from(thrown).forVm(record.name);
    const stopped =
      this.stopping.signal.aborted && (error.code === 'CANCELLED' || error.code === 'ENGINE_STOPPED');
    if (stopped) return; // An orderly stop: the job stays as it is and goes on at the next start.
    const report = error.toReport();
    if (error.code === 'CANCELLED') {
      this.engine.store.attempts.add({
        vmId,
        atMs,
        what,
        outcome: 'cancelled',
        error: report,
        nextAttemptAtMs: null,
      });
      job?.fail(error);
      this.saveState();
      return;
    }
    let nextAtMs: number | null = null;
    if (resyncCodes.has(error.code) && what !== 'initial') {
      this.markForResync(error);
    } else if (error.class === 'recoverable') {
      const firstFailureAtMs = record.retry?.firstFailureAtMs ?? startedAtMs;
      const attempts = (record.retry?.attempts ?? 0) + 1;
      nextAtMs = nextAttemptAtMs(firstFailureAtMs, attempts, atMs);
      if (error.retryAfterMs !== undefined) nextAtMs = Math.max(nextAtMs, atMs + error.retryAfterMs);
      this.vm.update({ retry: { attempts, firstFailureAtMs, nextAttemptAtMs: nextAtMs, lastError: report } });
      if (isExhausted(attempts) && !isExhausted(attempts - 1)) {
        this.engine.events.warning(`${record.name} is tried every 30 minutes from now on.`, this.subject());
      }
    } else {
      this.vm.update({ error: report, retry: null });
    }
    this.engine.store.attempts.add({
      vmId,
      atMs,
      what,
      outcome: 'failed',
      error: report,
      nextAttemptAtMs: nextAtMs,
    });
    this.engine.store.cycles.add({
      vmId,
      dueAtMs: startedAtMs,
      endedAtMs: atMs,
      outcome: 'failed',
      sentBytes: 0,
      latencyMs: null,
    });
    this.engine.events.error(report, this.subject());
    if (job !== null && !isEnded(job.record.state)) {
      if (nextAtMs !== null && what === 'initial') job.waitForRetry(report, nextAtMs);
      else job.fail(error);
    }
    this.saveState();
  }

  /** Tracking stops and gives its space back; the VM waits for a person, or for the resync window. */
  private markForResync(error: ReplicationError): void {
    const { resync } = this.vm.record;
    if (resync === null) {
      this.vm.update({
        resync: { code: error.code, message: error.message, sinceMs: this.engine.clock.now() },
        retry: null,
        unsent: null,
        shipment: null,
      });
    }
    void this.tracking
      .run(async () => {
        for (const { diskId, rootPath } of this.vm.includedDisks) {
          await this.engine.pool.run('dropLogs', { diskId, rootPath, sequence: null });
          this.vm.updateDisk(diskId, { hrl: { bytes: 0, degraded: false } });
        }
      })
      .catch((cause: unknown) =>
        this.engine.events.error(ReplicationError.from(cause).toReport(), this.subject()),
      );
  }

  private saveState(): void {
    const record = this.vm.record;
    const state = stateOf(record, this.vm.disks, this.resynchronizing);
    if (state !== record.state) this.vm.update({ state });
    this.changed();
  }

  private subject() {
    return { vmId: this.vm.vmId, vm: this.vm.record.name };
  }

  private changed(): void {
    this.engine.statusChanged(this.vm.vmId);
  }
}
