import { ReplicationError } from '../../../contract/errors.ts';
import { isEnded, type ResyncResult } from '../../../contract/job-reports.ts';
import { elapsedMs } from '../../platform/clock.ts';
import { nextOpening } from '../../platform/week-schedule.ts';
import type { Attempt } from '../attempts/attempt-outcome.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import { isJoining } from '../marked-disk.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import type { ShippingOptions } from '../shipping/vm-shipping.ts';
import type { VmActivity } from '../vm-activity.ts';
import { applyLogs } from './apply-logs.ts';
import { ComparisonRun, resyncJobSteps } from './comparison-run.ts';
import type { ResyncTurns } from './renewal.ts';
import { markVm, noteAsked, noteHeld, noteResolved, openEntries } from './resync-marks.ts';
import { holdUntilMs, isWindowOver, type ResyncTime } from './resync-schedule.ts';
import { TakingTurns } from './taking-turns.ts';
import { type ResyncOutcome, resynchronizeVm } from './vm-resync.ts';

/** How often a resynchronization looks at the clock and the settings: a suspended machine misses timers. */
const windowCheckMs = 60_000;

/** What a resynchronization needs of the replication it is part of. */
export interface ResyncSurroundings {
  readonly work: VmActivity;
  /** Signals of the engine's stop and these; progress goes to the board. */
  options(...signals: AbortSignal[]): ShippingOptions;
  /** The attempt succeeded: cycles go on from here. */
  succeeded(attempt: Attempt, outcome: ResyncOutcome): void;
  failed(attempt: Attempt, thrown: unknown, job: Job | null): void;
  stateChanged(): void;
  /** None is under way any more. */
  ended(): void;
}

/** The resynchronizations of one VM: begun by a person or by the plan, held, cancelled, gone on with. One at a time. */
export class ResyncRuns {
  /** What the one that runs knows, and the next one goes on from. */
  readonly comparison: ComparisonRun;
  private readonly engine: EngineContext;
  private readonly vm: ProtectedVm;
  private readonly around: ResyncSurroundings;
  private underWay: {
    readonly job: Job;
    readonly done: Promise<void>;
    readonly run: AbortController;
  } | null = null;
  private comparing = false;
  private readonly turns: TakingTurns;

  constructor(engine: EngineContext, vm: ProtectedVm, around: ResyncSurroundings) {
    this.turns = new TakingTurns(engine.clock);
    this.engine = engine;
    this.vm = vm;
    this.around = around;
    this.comparison = new ComparisonRun(engine, vm);
  }

  /** The job of the one that runs; null while none does, or it waits for its turn. */
  get running(): Job | null {
    return this.comparing ? (this.underWay?.job ?? null) : null;
  }

  /** Whether one runs or waits for its turn. */
  get isUnderWay(): boolean {
    return this.underWay !== null;
  }

  /** Lets a cycle of the disks that are not resynchronized in; what it resolves to is called at the cycle's end. */
  enter(signal: AbortSignal): Promise<() => void> {
    return this.turns.enter(signal);
  }

  /** Resolves when none runs. */
  async ended(): Promise<void> {
    await this.underWay?.done;
  }

  /** Takes up what an earlier run of the engine left; what is not bound to begin now is for the plan. */
  takeUp(): void {
    const left = this.engine.jobs.resume('resync', this.vm.vmId);
    const hasBegun = left?.record.steps.some(({ state }) => state !== 'pending') ?? false;
    if (this.vm.record.resync === null) {
      // A mark goes with the commit: a crash came before the job heard of it. Else its turn had not come.
      if (hasBegun) left?.succeed(null);
      else if (left !== null) this.ask();
    } else if (!hasBegun) this.giveLogsBack();
  }

  /** A person asks: begins at once, or goes on with the one that runs or waits; its job. */
  ask(deep = false): Job {
    noteAsked(this.engine, this.vm);
    return this.begin(true, deep);
  }

  /** Goes on with the job that waits, or begins one. */
  begin(asked = false, deep = false): Job {
    if (this.underWay !== null) return this.underWay.job;
    const { background } = this.engine;
    const job = this.comparison.begin(deep);
    job.takeTurn();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const run = new AbortController();
    this.underWay = { job, done, run };
    background.run('Resynchronization', async () => {
      const ended = new AbortController();
      try {
        const window = this.endWithWindow(run, ended.signal);
        await this.compareAndRepair(job, run, asked);
        ended.abort();
        await window;
      } finally {
        ended.abort();
        this.underWay = null;
        resolve();
        this.around.ended();
      }
    });
    return job;
  }

  /** The VM is paused: what runs ends at its last confirmed block, and goes on from there later. */
  hold(): void {
    this.underWay?.run.abort();
  }

  /** A person cancelled the job. The VM stays marked. */
  cancelled(): void {
    const nowMs = this.engine.clock.now();
    noteHeld(this.engine, this.vm, holdUntilMs(this.engine.settings.get('resyncWindow'), nowMs));
    this.giveLogsBack();
  }

  /** Shows on a job what the resynchronization waits for. Outside its window a marked VM has one that says when. */
  showWaiting(waitsFor: ResyncTime['waitsFor'], untilMs: number | null): void {
    const { resync, name } = this.vm.record;
    if (this.underWay !== null || resync === null) return;
    const { jobs, clock } = this.engine;
    const isDue = waitsFor === 'window' && (resync.holdUntilMs ?? 0) <= clock.now();
    const job =
      jobs.resume('resync', this.vm.vmId) ??
      (isDue ? jobs.create('resync', this.vm.vmId, name, resyncJobSteps) : null);
    if (job === null) return;
    const { state, nextAttemptAtMs } = job.record;
    if (waitsFor === 'resume') {
      if (state !== 'paused') job.pause();
    } else if (state !== 'waitingForWindow' || nextAttemptAtMs !== untilMs) job.waitForWindow(untilMs);
  }

  /** Tracking of what is marked stopped: the space of the logs is given back. */
  giveLogsBack(): void {
    this.engine.background.run('Giving back the space of the logs', () =>
      // An uploader may hold a log open: it lets go first.
      this.around.work.exclusively('Giving back the space of the logs', async () => {
        const { resync } = this.vm.record;
        if (resync === null) return;
        const disks = resync.scope === 'disks' ? this.vm.markedDisks : this.vm.includedDisks;
        for (const { diskId, rootPath, lineage } of disks) {
          if (this.comparison.holdsLogsOf({ diskId, lineage })) continue;
          await this.engine.pool.run('dropLogs', { diskId, rootPath, sequence: null });
          this.vm.dropSideFiles(diskId);
        }
      }),
    );
  }

  private async compareAndRepair(job: Job, run: AbortController, asked: boolean): Promise<void> {
    const startedAtMs = this.engine.clock.now();
    const ofDisks = this.vm.record.resync?.scope === 'disks';
    const attempt: Attempt = { what: 'resync', startedAtMs, dueAtMs: startedAtMs, ofDisks };
    const options = this.around.options(job.signal, run.signal);
    const alone = <T>(work: () => Promise<T>, signal = options.signal): Promise<T> =>
      this.around.work.exclusively(`Resynchronizing ${this.vm.record.name}`, work, signal);
    try {
      if (!ofDisks) await alone(async () => this.markWhole(job, asked));
      const inParts: ResyncTurns['inParts'] = (work) =>
        this.turns.inParts((signal) => alone(() => work(signal), signal), options.signal);
      await this.carryOut(job, attempt, options, { alone, inParts });
    } catch (error) {
      if (run.signal.aborted && this.endHeld(job, error)) this.around.stateChanged();
      else this.around.failed(attempt, error, job);
    }
  }

  /** Marked while it runs, so that an interruption leaves the VM marked and not half compared. */
  private markWhole(job: Job, asked: boolean): void {
    if (isEnded(job.record.state)) return;
    const byHandOnly = asked && this.vm.record.error === null;
    this.vm.update({ error: null });
    const message = 'A resynchronization was started by hand and has not ended.';
    markVm(this.engine, this.vm, new ReplicationError('RESYNC_REQUIRED', message), { asked, byHandOnly });
  }

  private async carryOut(
    job: Job,
    attempt: Attempt,
    options: ShippingOptions,
    turns: ResyncTurns,
  ): Promise<void> {
    if (isEnded(job.record.state)) return;
    job.running();
    this.comparing = true;
    const { vmId } = this.vm;
    const { name } = this.vm.record;
    const entries = openEntries(this.engine, this.vm);
    const joining = this.vm.markedDisks.filter(isJoining).map((disk) => disk.diskId);
    try {
      const durationMs = () => elapsedMs(this.engine.clock, attempt.startedAtMs);
      const committed = async (outcome: ResyncOutcome): Promise<ResyncOutcome> => {
        noteResolved(this.engine, entries, outcome, durationMs());
        this.around.succeeded(attempt, outcome);
        return this.applyLogs(outcome, options);
      };
      const outcome = await resynchronizeVm(
        this.engine,
        this.vm,
        job,
        this.comparison,
        options,
        turns,
        committed,
      );
      const result: ResyncResult = { kind: 'resync', vm: name, ...outcome, durationMs: durationMs() };
      this.comparing = false;
      this.around.stateChanged();
      job.succeed(result);
      this.engine.events.info(describeEnd(name, attempt, outcome, joining), { vmId, vm: name });
    } finally {
      this.comparing = false;
    }
  }

  /** A failure is the next cycle's to make good: the resynchronization itself is done. */
  private async applyLogs(outcome: ResyncOutcome, options: ShippingOptions): Promise<ResyncOutcome> {
    const startedAtMs = this.engine.clock.now();
    try {
      return await applyLogs(this.engine, this.vm, this.around.work, outcome, options);
    } catch (error) {
      const { code } = ReplicationError.from(error);
      if (code !== 'CANCELLED' && code !== 'ENGINE_STOPPED')
        this.around.failed({ what: 'cycle', startedAtMs, dueAtMs: startedAtMs }, error, null);
      return outcome;
    }
  }

  /** What a pause or the window's end cut short is no failure: its job waits. False when something else ended it. */
  private endHeld(job: Job, thrown: unknown): boolean {
    const { code } = ReplicationError.from(thrown);
    if (code !== 'CANCELLED' || job.signal.aborted || isEnded(job.record.state)) return false;
    const { pausedAtMs, name } = this.vm.record;
    const subject = { vmId: this.vm.vmId, vm: name };
    if (pausedAtMs !== null) {
      job.pause();
      return true;
    }
    const { enabled, hours } = this.engine.settings.get('resyncWindow');
    const untilMs = enabled ? nextOpening(hours, this.engine.clock.now()) : null;
    job.waitForWindow(untilMs);
    const goesOn = untilMs === null ? 'waits for a person' : `goes on at ${new Date(untilMs).toISOString()}`;
    this.engine.events.info(`The window is over: the resynchronization of ${name} ${goesOn}.`, subject);
    return true;
  }

  /** Holds a run that no person asked for when its window ends, unless the policy says finish. */
  private async endWithWindow(run: AbortController, ended: AbortSignal): Promise<void> {
    const { clock, settings } = this.engine;
    const stops = AbortSignal.any([run.signal, ended]);
    while (!stops.aborted) {
      const mark = this.engine.store.protections.get(this.vm.vmId)?.resync ?? null;
      const isBound = mark !== null && mark.askedAtMs === undefined;
      if (isBound && isWindowOver(settings.get('resyncWindow'), clock.now())) {
        run.abort();
        return;
      }
      await clock.wait(windowCheckMs, stops);
    }
  }
}

const describeEnd = (
  vm: string,
  { ofDisks }: Attempt,
  { disks = [], differentBlocks }: ResyncOutcome,
  joining: readonly string[],
): string => {
  const names = disks.map((disk) => disk.name).join(', ');
  if (ofDisks === true && disks.every(({ id }) => joining.includes(id)))
    return `${names} of ${vm} has its first copy: recovery points have it from now on.`;
  return `${ofDisks === true ? `${names} of ${vm}` : vm} is resynchronized: ${differentBlocks} blocks differed.`;
};
