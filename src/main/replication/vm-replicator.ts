import type { ActivityText } from '../../contract/engine-phrases.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { CycleResult } from '../../contract/job-reports.ts';
import { isEnded } from '../../contract/job-reports.ts';
import type { Progress } from '../../contract/reports.ts';
import { elapsedMs } from '../platform/clock.ts';
import type { SendResult } from '../workers/protocol.ts';
import { type Attempt, noteSuccess } from './attempts/attempt-outcome.ts';
import { cycleResult, initialResult } from './attempts/attempt-results.ts';
import { endAttempt } from './attempts/end-attempt.ts';
import { retriedNow } from './attempts/retry-schedule.ts';
import type { EngineContext } from './engine-context.ts';
import { finalizeJob, finalizeProtection, takeUpFinished } from './jobs/finalize.ts';
import { initialJob } from './jobs/initial-job.ts';
import type { Job } from './jobs/job-runner.ts';
import { nextStep } from './next-step.ts';
import { needsInitial, nextCycleAtMs, stateOf, withoutMarked } from './plan.ts';
import { ProtectedVm } from './protected-vm.ts';
import { ReplicationLoop } from './replication-loop.ts';
import { markVm } from './resync/resync-marks.ts';
import { ResyncRuns } from './resync/resync-runs.ts';
import { replicateInitially } from './shipping/vm-initial.ts';
import { type ShippingOptions, shipVm } from './shipping/vm-shipping.ts';
import { requireTrackable } from './tracking/require-trackable.ts';
import { type TrackingResult, trackVm } from './tracking/vm-tracking.ts';
import { VmActivity } from './vm-activity.ts';

/**
 * Runs the replication of one VM: decides by `planNext`, does one thing at a time, and writes down what came of it.
 */
export class VmReplicator {
  readonly vm: ProtectedVm;
  private readonly engine: EngineContext;
  private readonly work: VmActivity;
  readonly loop: ReplicationLoop;
  private stopping = new AbortController();
  /** Ends what the loop copies and sends when the VM is paused or marked. */
  private interruption = new AbortController();
  private isLeaving = false;
  private backgroundShipping: Promise<void> | null = null;
  private readonly resyncs: ResyncRuns;
  private unfollow: (() => void) | null = null;

  constructor(engine: EngineContext, vmId: string) {
    this.engine = engine;
    this.vm = new ProtectedVm(engine, vmId);
    this.work = new VmActivity(
      engine.clock,
      () => engine.statusChanged(vmId),
      () => engine.bandwidth.blockedOn,
    );
    this.loop = new ReplicationLoop(engine, vmId, (sleep) => this.turn(sleep));
    this.resyncs = new ResyncRuns(engine, this.vm, {
      work: this.work,
      options: (...signals) => this.options(...signals),
      succeeded: (attempt, { sentBytes }) => {
        // What changed during the comparison is found at once, and what was read at different times made good.
        this.vm.update({ nextCycleAtMs: engine.clock.now() });
        this.succeeded(attempt, sentBytes);
      },
      failed: (attempt, thrown, job) => this.failed(attempt, thrown, job),
      stateChanged: () => this.saveState(),
      ended: () => this.loop.wake(),
    });
  }

  get comparison(): ResyncRuns['comparison'] {
    return this.resyncs.comparison;
  }

  get activity(): string | null {
    return this.work.text;
  }

  get isResynchronizing(): boolean {
    return this.resyncs.running !== null;
  }

  get needsInitial(): boolean {
    return needsInitial(withoutMarked(this.vm.disks));
  }

  progressOf(diskId: string): Progress | null {
    return this.work.progressOf(diskId);
  }

  /** Begins to replicate by itself, with what an earlier run left first. */
  start(): void {
    if (this.loop.isRunning) return;
    if (this.stopping.signal.aborted) this.stopping = new AbortController();
    this.resyncs.takeUp();
    if (this.vm.record.resync === null && !this.needsInitial) takeUpFinished(this.engine, this.vm, this.work);
    this.unfollow = this.engine.settings.follow('resyncWindow', () => this.loop.wake());
    this.loop.start(this.stopping.signal);
  }

  /** Ends at the next checkpoint. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.unfollow?.();
    await this.loop.ended();
    await this.backgroundShipping;
    await this.resyncs.ended();
    await this.work.exclusively('Stopping', async () => undefined);
  }

  /** Stops because the VM is no longer to be protected: its jobs end too. */
  async leave(): Promise<void> {
    this.isLeaving = true;
    await this.stop();
  }

  /** A person asks for the first copy (again): its job, which goes on where it was. */
  askForInitial(): Job {
    this.dropStartTime();
    const job = initialJob(this.engine, this.vm);
    const { pausedAtMs, error } = this.vm.record;
    if (pausedAtMs !== null || error !== null) this.setPaused(false);
    else this.loop.wake();
    return job;
  }

  /** Initial replication of what has none yet. The job that `protect` made is gone on with. */
  async initial(): Promise<void> {
    const { name } = this.vm.record;
    await this.work.exclusively(`Initial replication of ${name}`, async () => {
      // Whoever asked at the same time has done it.
      if (!this.needsInitial || this.vm.record.resync !== null) return;
      const job = initialJob(this.engine, this.vm);
      const startedAtMs = this.engine.clock.now();
      const attempt: Attempt = { what: 'initial', startedAtMs, dueAtMs: startedAtMs };
      job.running();
      try {
        const options = this.options(job.signal, this.interruption.signal);
        const outcome = await replicateInitially(this.engine, this.vm, job, options);
        const result = initialResult(name, outcome, elapsedMs(this.engine.clock, startedAtMs));
        this.succeeded(attempt, 0);
        // Before the one it follows has ended, so that a crash in between forgets neither.
        const next = finalizeJob(this.engine, this.vm);
        job.succeed(result);
        this.engine.events.info(`Initial replication of ${name} is complete.`, this.subject());
        await finalizeProtection(this.engine, this.vm, next);
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
    const options = this.options(job.signal);
    const leave = await this.resyncs.enter(options.signal);
    job.running();
    try {
      const tracked = await job.step('Track changes', () => this.track(options));
      const sent = await job.step('Send changes', () => this.ship({ ...options, byHand: true }));
      this.scheduleNextCycle(startedAtMs);
      const result = this.cycleResult(tracked, sent, startedAtMs);
      this.succeeded(attempt, result.sentBytes);
      job.succeed(result);
    } catch (error) {
      this.scheduleNextCycle(startedAtMs);
      this.failed(attempt, error, job);
    } finally {
      leave();
    }
  }

  /** A person asks for a resynchronization, or for the one that waits to go on; its job. */
  resynchronize(deep = false): Job {
    return this.resyncs.ask(deep);
  }

  /** Resolves when no resynchronization is under way. */
  resyncEnded(): Promise<void> {
    return this.resyncs.ended();
  }

  /** @throws ReplicationError `STATE_INVALID` while the VM is being resynchronized, which says how to `act` all the same */
  refuseWhileResynchronizing(act: string): void {
    const job = this.resyncs.running;
    if (job === null) return;
    const { name } = this.vm.record;
    const text = `${name} is being resynchronized (${job.report.percent ?? 0} %); ${act} when it is done, or pause it first: hvrc pause ${name}.`;
    throw new ReplicationError('STATE_INVALID', text, { vm: name });
  }

  /** Work of another kind that must not run beside tracking or sending: verify, restore. */
  async withStillReplica<T>(
    activity: ActivityText,
    work: (options: ReturnType<VmReplicator['options']>) => Promise<T>,
    job: Job,
  ): Promise<T> {
    const options = this.options(job.signal);
    return this.work.exclusively(activity, () => work(options), options.signal);
  }

  /** A person says: go on. Ends an error and the waiting for a retry or a chosen start; failures stay counted. */
  retryNow(): void {
    const nowMs = this.engine.clock.now();
    this.clearError();
    this.dropStartTime();
    this.vm.update(retriedNow(this.vm.record, nowMs));
    this.saveState();
    this.loop.wake();
  }

  /** The first copy begins as soon as it can. */
  private dropStartTime(): void {
    const { initialStartAtMs: chosenAtMs, ...record } = this.vm.record;
    if (chosenAtMs !== undefined) this.engine.store.protections.put(record);
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
    if (paused) {
      this.interrupt();
      this.resyncs.hold();
    }
    this.saveState();
    this.loop.wake();
  }

  /** The copy frequency changed: the next cycle is no further away than it says. */
  rescheduled(): void {
    const { nextCycleAtMs: atMs, frequencySeconds } = this.vm.record;
    const latestMs = this.engine.clock.now() + frequencySeconds * 1000;
    if (atMs !== null && atMs > latestMs) this.vm.update({ nextCycleAtMs: latestMs });
    this.engine.statusChanged(this.vm.vmId);
    this.loop.wake();
  }

  /** A person cancelled the job of this VM: what would go on by itself waits to be asked again. */
  cancelled(job: Pick<Job['report'], 'kind'>): void {
    if (job.kind === 'initial') this.setPaused(true);
    if (job.kind === 'resync') this.resyncs.cancelled();
    this.saveState();
    this.loop.wake();
  }

  /** Waits for, or does, the next thing of the plan. */
  private async turn(sleep: (ms: number) => Promise<void>): Promise<void> {
    const nowMs = this.engine.clock.now();
    const action = nextStep(this.engine, this.vm, this.resyncs, nowMs);
    const atMs = action.kind === 'wait' ? (action.untilMs ?? Number.POSITIVE_INFINITY) : action.atMs;
    if (atMs > nowMs) await sleep(atMs - nowMs);
    else if (action.kind === 'initial') await this.initial();
    else if (action.kind === 'cycle') await this.scheduledCycle(action.ship);
    else {
      this.resyncs.begin();
      // Of some disks only: the cycles of the others come in between.
      if (this.vm.record.resync?.scope !== 'disks') await this.resyncs.ended();
    }
  }

  /** Tracks now; sends in the background, so that a slow vault does not hold up tracking. */
  private async scheduledCycle(ship: boolean): Promise<void> {
    const startedAtMs = this.engine.clock.now();
    // Later than now only after the clock went back.
    const dueAtMs = Math.min(this.vm.record.nextCycleAtMs ?? startedAtMs, startedAtMs);
    const plannedAtMs = this.vm.record.nextCycleAtMs;
    const attempt: Attempt = { what: 'cycle', startedAtMs, dueAtMs };
    const options = this.options(this.interruption.signal);
    const leave = await this.resyncs.enter(options.signal);
    let tracked: TrackingResult;
    try {
      tracked = await this.track(options);
    } catch (error) {
      leave();
      this.scheduleNextCycle(dueAtMs);
      this.failed(attempt, error, null, !ship);
      return;
    }
    // Who resumed the VM meanwhile, or wants another try, is not put off to the cycle after this one.
    if (this.vm.record.nextCycleAtMs === plannedAtMs) this.scheduleNextCycle(dueAtMs);
    if (!ship || this.backgroundShipping !== null) {
      leave();
      return;
    }
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
        leave();
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
      requireTrackable(this.vm.record, options.signal);
      return trackVm(this.engine, this.vm, options);
    };
    const activity = `Tracking changes of ${this.vm.record.name}` as const;
    return this.work.track(activity, work, options.signal);
  }

  private ship(options: ShippingOptions): Promise<SendResult | null> {
    const work = async () => {
      requireTrackable(this.vm.record, options.signal);
      return shipVm(this.engine, this.vm, this.work.tracking, options);
    };
    const activity = `Sending changes of ${this.vm.record.name}` as const;
    return this.work.ship(activity, work, options.signal);
  }

  private options(...signals: AbortSignal[]) {
    return {
      signal: AbortSignal.any([this.stopping.signal, ...signals]),
      onProgress: (pass: Parameters<VmActivity['note']>[0]) => this.work.note(pass),
    };
  }

  private cycleResult(tracked: TrackingResult, sent: SendResult | null, startedAtMs: number): CycleResult {
    const durationMs = elapsedMs(this.engine.clock, startedAtMs);
    const lastCycle = cycleResult(this.vm.record.name, tracked, sent, durationMs);
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

  private failed(attempt: Attempt, thrown: unknown, job: Job | null, tracksOnly = false): void {
    const end = {
      isStopping: this.stopping.signal.aborted,
      isLeaving: this.isLeaving,
      tracksOnly,
      mark: (error: ReplicationError) => this.markForResync(error),
    };
    endAttempt(this.engine, this.vm, attempt, thrown, job, end);
    this.saveState();
  }

  /** Tracking stops and gives its space back; the VM waits for a person, or for the resync window. */
  markForResync(error: ReplicationError): void {
    markVm(this.engine, this.vm, error);
    this.interrupt();
    this.resyncs.giveLogsBack();
    this.saveState();
    this.loop.wake();
  }

  private interrupt(): void {
    this.interruption.abort();
    this.interruption = new AbortController();
  }

  /** The VM's records were changed: its state follows from them. */
  saveState(): void {
    const record = this.vm.record;
    const state = stateOf(record, this.vm.disks, this.isResynchronizing);
    if (state !== record.state) this.vm.update({ state });
    this.engine.lookAtHealth(this.vm.vmId);
    this.engine.statusChanged(this.vm.vmId);
  }

  private subject() {
    return { vmId: this.vm.vmId, vm: this.vm.record.name };
  }
}
