import { type ErrorCode, ReplicationError } from '../../contract/errors.ts';
import type {
  CycleResult,
  InitialReplicationResult,
  Progress,
  ResyncResult,
} from '../../contract/reports.ts';
import { isEnded } from '../../contract/reports.ts';
import type { SendResult } from '../workers/protocol.ts';
import { type Attempt, noteCancelled, noteFailure, noteSuccess } from './attempt-outcome.ts';
import type { EngineContext } from './engine-context.ts';
import { engineStopped, type Job } from './job-runner.ts';
import { Mutex } from './mutex.ts';
import { needsInitial, nextCycleAtMs, planNext, stateOf } from './plan.ts';
import { ProgressBoard } from './progress-board.ts';
import { ProtectedVm } from './protected-vm.ts';
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
  'DISK_CHANGED_GEOMETRY',
  'REPLICA_INVALID',
  'REPLICA_MISSING',
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
  /** Ends what the loop copies and sends when the VM is paused or marked. */
  private interruption = new AbortController();
  private poke = new AbortController();
  private isLeaving = false;
  private loop: Promise<void> | null = null;
  private backgroundShipping: Promise<void> | null = null;
  private resyncUnderWay: { readonly job: Job; readonly done: Promise<void> } | null = null;
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

  /** Begins to replicate by itself, with what an earlier run left first. */
  start(): void {
    if (this.loop !== null) return;
    if (this.stopping.signal.aborted) this.stopping = new AbortController();
    if (this.vm.record.resync !== null) {
      if (this.engine.jobs.resume('resync', this.vm.vmId) !== null) this.resynchronize();
      else this.giveLogsBack();
    }
    this.loop = this.runLoop();
  }

  /** Ends at the next checkpoint. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await this.backgroundShipping;
    await this.resyncUnderWay?.done;
    await this.exclusively('Stopping', async () => undefined);
    this.loop = null;
  }

  /** Stops because the VM is no longer to be protected: its jobs end too. */
  async leave(): Promise<void> {
    this.isLeaving = true;
    await this.stop();
  }

  /** Looks at the plan again now. */
  wake(): void {
    this.poke.abort();
    this.poke = new AbortController();
  }

  /** A person asks for the first copy (again): its job, which goes on where it was. */
  askForInitial(): Job {
    const job = this.initialJob();
    const { pausedAtMs, error } = this.vm.record;
    if (pausedAtMs !== null || error !== null) this.setPaused(false);
    else this.wake();
    return job;
  }

  private initialJob(): Job {
    const { jobs } = this.engine;
    const { vmId } = this.vm;
    const left = jobs.resume('initial', vmId);
    if (left !== null) return left;
    const steps = this.vm.includedDisks.map(({ name }) => `Copy ${name}`);
    return jobs.create('initial', vmId, this.vm.record.name, [...steps, 'Finalize protection']);
  }

  /** Initial replication of what has none yet. The job that `protect` made is gone on with. */
  async initial(): Promise<void> {
    const { name } = this.vm.record;
    await this.exclusively(`Initial replication of ${name}`, async () => {
      // Whoever asked at the same time has done it.
      if (!this.needsInitial || this.vm.record.resync !== null) return;
      const job = this.initialJob();
      const startedAtMs = this.engine.clock.now();
      const attempt: Attempt = { what: 'initial', startedAtMs, dueAtMs: startedAtMs };
      job.running();
      try {
        const options = this.options(job.signal, this.interruption.signal);
        const outcome = await replicateInitially(this.engine, this.vm, job, options);
        const result: InitialReplicationResult = {
          kind: 'initial',
          vm: name,
          sentBytes: outcome.sentBytes,
          skippedBytes: outcome.skippedBytes,
          consistency: outcome.consistency,
          point: outcome.point?.id ?? null,
          durationMs: this.engine.clock.now() - startedAtMs,
        };
        this.succeeded(attempt, 0);
        job.succeed(result);
        this.engine.events.info(`Initial replication of ${name} is complete.`, this.subject());
      } catch (error) {
        this.failed(attempt, error, job);
      }
    });
  }

  /** One cycle by hand: track, then send. The outcome is the job's. */
  async cycle(job: Job): Promise<void> {
    const startedAtMs = this.engine.clock.now();
    const attempt: Attempt = { what: 'cycle', startedAtMs, dueAtMs: startedAtMs };
    if (isEnded(job.record.state)) return;
    job.running();
    try {
      const options = this.options(job.signal);
      const tracked = await job.step('Track changes', () => this.track(options));
      const sent = await job.step('Send changes', () => this.ship(options));
      this.scheduleNextCycle(startedAtMs);
      const result = this.cycleResult(tracked, sent, startedAtMs);
      this.succeeded(attempt, result.sentBytes);
      job.succeed(result);
    } catch (error) {
      this.scheduleNextCycle(startedAtMs);
      this.failed(attempt, error, job);
    }
  }

  /** Begins a resynchronization, or goes on with the one that runs or that an earlier run left; its job. */
  resynchronize(): Job {
    if (this.resyncUnderWay !== null) return this.resyncUnderWay.job;
    const { vmId } = this.vm;
    const { jobs, background } = this.engine;
    const job =
      jobs.resume('resync', vmId) ?? jobs.create('resync', vmId, this.vm.record.name, ['Check the disks']);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.resyncUnderWay = { job, done };
    background.run('Resynchronization', async () => {
      try {
        await this.compareAndRepair(job);
      } finally {
        this.resyncUnderWay = null;
        resolve();
      }
    });
    return job;
  }

  /** Work of another kind that must not run beside tracking or sending: verify, restore. */
  async withStillReplica<T>(
    activity: string,
    work: (options: ReturnType<VmReplicator['options']>) => Promise<T>,
    job: Job,
  ): Promise<T> {
    const options = this.options(job.signal);
    return this.exclusively(activity, () => work(options), options.signal);
  }

  /** A person says: go on. Ends an error, and the waiting for a retry; how often it failed stays known. */
  retryNow(): void {
    const nowMs = this.engine.clock.now();
    this.clearError();
    const { retry } = this.vm.record;
    this.vm.update({
      retry: retry === null ? null : { ...retry, nextAttemptAtMs: nowMs },
      nextCycleAtMs: nowMs,
    });
    this.saveState();
    this.wake();
  }

  /** A person acts: what stopped replication is tried anew. */
  clearError(): void {
    if (this.vm.record.error !== null) this.vm.update({ error: null });
  }

  setPaused(paused: boolean): void {
    const { name, pausedAtMs } = this.vm.record;
    const nowMs = this.engine.clock.now();
    if (paused) this.vm.update({ pausedAtMs: pausedAtMs ?? nowMs });
    else this.vm.update({ pausedAtMs: null, error: null, retry: null, nextCycleAtMs: nowMs });
    if (paused !== (pausedAtMs !== null)) {
      const text = paused
        ? `Replication of ${name} is paused; changes are tracked on.`
        : `Replication of ${name} goes on.`;
      this.engine.events.info(text, this.subject());
    }
    if (paused) this.interrupt();
    this.saveState();
    this.wake();
  }

  /** A person cancelled the job of this VM: what would go on by itself waits to be asked again. */
  cancelled(job: Pick<Job['report'], 'kind'>): void {
    if (job.kind === 'initial') this.setPaused(true);
    if (job.kind === 'resync' && this.vm.record.resync !== null) this.vm.update({ retry: null });
    this.saveState();
  }

  private async runLoop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.turn();
      } catch (thrown) {
        // Not of the VM but of the engine itself (the store, say): replication must not end for good.
        const report = ReplicationError.from(thrown).toReport();
        this.engine.log.error({ vmId: this.vm.vmId, report }, `Replication stumbled: ${report.message}`);
        await this.sleep(longestWaitMs);
      }
    }
  }

  /** Waits for, or does, the next thing of the plan. */
  private async turn(): Promise<void> {
    const nowMs = this.engine.clock.now();
    const action = planNext(this.vm.record, this.vm.disks, nowMs);
    const atMs = action.kind === 'wait' ? (action.untilMs ?? Number.POSITIVE_INFINITY) : action.atMs;
    if (atMs > nowMs) await this.sleep(Math.min(atMs - nowMs, longestWaitMs));
    else if (action.kind === 'initial') await this.initial();
    else if (action.kind === 'cycle') await this.scheduledCycle(action.ship);
    else {
      this.resynchronize();
      await this.resyncUnderWay?.done;
    }
  }

  private sleep(ms: number): Promise<void> {
    return this.engine.clock.wait(ms, AbortSignal.any([this.poke.signal, this.stopping.signal]));
  }

  /** Tracks now; sends in the background, so that a slow vault does not hold up tracking. */
  private async scheduledCycle(ship: boolean): Promise<void> {
    const startedAtMs = this.engine.clock.now();
    const dueAtMs = this.vm.record.nextCycleAtMs ?? startedAtMs;
    const attempt: Attempt = { what: 'cycle', startedAtMs, dueAtMs };
    const options = this.options(this.interruption.signal);
    let tracked: TrackingResult;
    try {
      tracked = await this.track(options);
    } catch (error) {
      this.scheduleNextCycle(dueAtMs);
      this.failed(attempt, error, null, ship);
      return;
    }
    this.scheduleNextCycle(dueAtMs);
    if (!ship || this.backgroundShipping !== null) return;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.backgroundShipping = done;
    this.engine.background.run('Sending changes', async () => {
      try {
        const sent = await this.ship(options);
        this.cycleResult(tracked, sent, startedAtMs);
        this.succeeded(attempt, sent?.sentBytes ?? 0);
      } catch (error) {
        this.failed(attempt, error, null);
      } finally {
        this.backgroundShipping = null;
        resolve();
      }
    });
    // Small deltas are done within moments: the loop sees their outcome before it plans again.
    const moment = new AbortController();
    await Promise.race([done, this.engine.clock.wait(1_000, moment.signal)]);
    moment.abort();
  }

  private track(options: ReturnType<VmReplicator['options']>): Promise<TrackingResult> {
    const work = async () => {
      this.requireTrackable(options.signal);
      return trackVm(this.engine, this.vm, options);
    };
    const activity = `Tracking changes of ${this.vm.record.name}`;
    return this.tracking.run(() => this.during(activity, work), options.signal);
  }

  private ship(options: ReturnType<VmReplicator['options']>): Promise<SendResult | null> {
    const work = async () => {
      this.requireTrackable(options.signal);
      return shipVm(this.engine, this.vm, this.tracking, options);
    };
    const activity = `Sending changes of ${this.vm.record.name}`;
    return this.shipping.run(() => this.during(activity, work), options.signal);
  }

  /** Its turn may have come after the VM was marked: then logs and digests mean nothing any more. */
  private requireTrackable(signal: AbortSignal): void {
    const { resync, name } = this.vm.record;
    if (signal.aborted) throw new ReplicationError('CANCELLED', 'The work was cancelled.');
    if (resync === null) return;
    throw new ReplicationError('RESYNC_REQUIRED', `${name} must be resynchronized first: ${resync.message}`, {
      vm: name,
    });
  }

  private async compareAndRepair(job: Job): Promise<void> {
    const { name } = this.vm.record;
    const startedAtMs = this.engine.clock.now();
    const attempt: Attempt = { what: 'resync', startedAtMs, dueAtMs: startedAtMs };
    const options = this.options(job.signal);
    const work = async () => {
      if (isEnded(job.record.state)) return;
      job.running();
      this.resynchronizing = true;
      this.clearError();
      if (this.vm.record.resync === null) {
        // Marked while it runs, so that an interruption leaves the VM marked and not half compared.
        const message = 'A resynchronization was started by hand and has not ended.';
        this.vm.update({ resync: { code: 'RESYNC_REQUIRED', message, sinceMs: startedAtMs } });
      }
      try {
        const outcome = await resynchronizeVm(this.engine, this.vm, job, options);
        const durationMs = this.engine.clock.now() - startedAtMs;
        const result: ResyncResult = { kind: 'resync', vm: name, ...outcome, durationMs };
        this.resynchronizing = false;
        this.scheduleNextCycle(startedAtMs);
        this.succeeded(attempt, outcome.sentBytes);
        job.succeed(result);
        const text = `${name} is resynchronized: ${outcome.differentBlocks} blocks differed.`;
        this.engine.events.info(text, this.subject());
      } finally {
        this.resynchronizing = false;
      }
    };
    try {
      await this.exclusively(`Resynchronizing ${name}`, work, options.signal);
    } catch (error) {
      this.failed(attempt, error, job);
    }
  }

  private exclusively<T>(activity: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.shipping.run(() => this.tracking.run(() => this.during(activity, work), signal), signal);
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

  private options(...signals: AbortSignal[]) {
    return {
      signal: AbortSignal.any([this.stopping.signal, ...signals]),
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
      consistency: sent?.consistency ?? tracked.consistency,
      point: sent?.point?.id ?? null,
    };
    this.vm.update({ lastCycle });
    return lastCycle;
  }

  /** Leaves a cycle alone that is due later: a retry in between does not take its place. */
  private scheduleNextCycle(dueAtMs: number): void {
    const nowMs = this.engine.clock.now();
    if (dueAtMs > nowMs) return;
    this.vm.update({ nextCycleAtMs: nextCycleAtMs(dueAtMs, this.vm.record.frequencySeconds, nowMs) });
  }

  private succeeded(attempt: Attempt, sentBytes: number): void {
    noteSuccess(this.engine, this.vm, attempt, sentBytes);
    this.saveState();
  }

  /** @param onSchedule false for what only tracks while a retry waits */
  private failed(attempt: Attempt, thrown: unknown, job: Job | null, onSchedule = true): void {
    const { retry, name } = this.vm.record;
    const error = ReplicationError.from(thrown).forVm(name);
    if (error.code === 'CANCELLED' || error.code === 'ENGINE_STOPPED') {
      this.interrupted(attempt, error, job);
      return;
    }
    if (error.code === 'RESYNC_REQUIRED') {
      job?.fail(error);
      return;
    }
    const { what } = attempt;
    const marks = what === 'cycle' && resyncCodes.has(error.code);
    const between = !onSchedule && retry !== null && retry.nextAttemptAtMs > this.engine.clock.now();
    const effect = marks
      ? 'mark'
      : error.class === 'nonRecoverable'
        ? 'stop'
        : between
          ? 'between'
          : 'ladder';
    if (effect === 'mark') this.markForResync(error);
    const nextAtMs = noteFailure(this.engine, this.vm, attempt, error, effect);
    if (nextAtMs !== null && job !== null && what !== 'cycle') job.waitForRetry(error.toReport(), nextAtMs);
    else job?.fail(error);
    this.saveState();
  }

  /** What was cut short is no failure: by a person, by a pause, by an orderly stop, or with the protection itself. */
  private interrupted(attempt: Attempt, error: ReplicationError, job: Job | null): void {
    const { name, pausedAtMs } = this.vm.record;
    const isStopping = this.stopping.signal.aborted && job?.record.state !== 'cancelling';
    if (job === null) this.saveState();
    else if (isStopping && this.isLeaving) {
      job.fail(
        new ReplicationError('CANCELLED', `The protection of ${name} is being removed.`, { vm: name }),
      );
    } else if (isStopping) {
      // Initial replication and resynchronization go on at the next start, as the same jobs.
      if (attempt.what === 'cycle') job.fail(engineStopped(name));
    } else if (attempt.what === 'initial' && pausedAtMs !== null && job.record.state !== 'cancelling') {
      job.pause();
    } else {
      noteCancelled(this.engine, this.vm, attempt, error);
      job.fail(error);
    }
    this.saveState();
  }

  /** Tracking stops and gives its space back; the VM waits for a person, or for the resync window. */
  private markForResync(error: ReplicationError): void {
    const { resync } = this.vm.record;
    if (resync === null) {
      const { code, message } = error;
      this.vm.update({
        resync: { code, message, sinceMs: this.engine.clock.now() },
        retry: null,
        unsent: null,
        shipment: null,
        direct: null,
      });
    }
    this.interrupt();
    this.giveLogsBack();
  }

  private giveLogsBack(): void {
    this.engine.background.run('Giving back the space of the logs', () =>
      // An uploader may hold a log open: it lets go first.
      this.exclusively('Giving back the space of the logs', async () => {
        if (this.vm.record.resync === null) return;
        for (const { diskId, rootPath } of this.vm.includedDisks) {
          await this.engine.pool.run('dropLogs', { diskId, rootPath, sequence: null });
          this.vm.dropSideFiles(diskId);
        }
      }),
    );
  }

  private interrupt(): void {
    this.interruption.abort();
    this.interruption = new AbortController();
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
