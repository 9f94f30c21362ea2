import type { StepText, WaitText } from '../../../contract/engine-phrases.ts';
import { type ErrorReport, ReplicationError } from '../../../contract/errors.ts';
import type { EnginePush } from '../../../contract/events.ts';
import {
  isEnded,
  type JobKind,
  type JobReport,
  type JobResult,
  type JobStep,
  jobRights,
} from '../../../contract/job-reports.ts';
import type { Clock } from '../../platform/clock.ts';
import type { JobRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { jobReport, percentOf } from './job-report.ts';

const persistIntervalMs = 5_000;

type JobInput = NonNullable<JobRecord['input']>;

interface Waiter {
  readonly settled: (report: JobReport) => boolean;
  readonly resolve: (report: JobReport) => void;
  readonly reject: (error: ReplicationError) => void;
}

/** Jobs: persisted with their steps, told to whoever watches, awaited and cancelled. */
export class JobRunner {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly push: (push: EnginePush) => void;
  private readonly live = new Map<number, Job>();
  private readonly waiters = new Map<number, Waiter[]>();
  private stopping = false;

  constructor(store: Store, clock: Clock, push: (push: EnginePush) => void) {
    this.store = store;
    this.clock = clock;
    this.push = push;
  }

  /** @param input what it takes to go on with it after a restart, or to do it again */
  create(kind: JobKind, vmId: string, vm: string, steps: readonly PlannedStep[], input?: object): Job {
    const record: JobRecord = {
      kind,
      vmId,
      vm,
      state: 'queued',
      steps: steps.map(pendingStep),
      startedAtMs: this.clock.now(),
      endedAtMs: null,
      percent: 0,
      error: null,
      nextAttemptAtMs: null,
      result: null,
      // As it will be read back: without what is undefined.
      ...(input === undefined ? {} : { input: JSON.parse(JSON.stringify(input)) as JobInput }),
    };
    return this.adopt(this.store.jobs.add(record), record);
  }

  /** A job that has not ended, of this run or an earlier one, to be gone on with; null when there is none. */
  resume(kind: JobKind, vmId: string): Job | null {
    for (const job of this.live.values())
      if (job.record.kind === kind && job.record.vmId === vmId) return job;
    const left = this.store.jobs.notEnded().find((job) => job.kind === kind && job.vmId === vmId);
    if (left === undefined) return null;
    const { id, ...record } = left;
    return this.adopt(id, record);
  }

  /** Every job of these kinds that an earlier run left unended: it waits for `carryOut`. */
  takeUp(kinds: readonly JobKind[]): Job[] {
    const taken: Job[] = [];
    for (const { id, ...record } of this.store.jobs.notEnded()) {
      if (!kinds.includes(record.kind) || this.live.has(id)) continue;
      const job = this.adopt(id, record);
      job.requeue();
      taken.push(job);
    }
    return taken;
  }

  get(id: number): JobReport {
    const live = this.live.get(id);
    if (live !== undefined) return jobReport(id, live.record);
    const stored = this.store.jobs.get(id);
    if (stored === null) throw new ReplicationError('JOB_NOT_FOUND', `There is no job ${id}.`);
    return jobReport(id, stored);
  }

  /** What was asked for with a job, where that is known. */
  inputOf(id: number): JobRecord['input'] {
    return (this.live.get(id)?.record ?? this.store.jobs.get(id))?.input;
  }

  list(limit: number | undefined): JobReport[] {
    return this.store.jobs
      .list({ limit })
      .map(({ id }) => this.get(id))
      .reverse();
  }

  /** @throws STATE_INVALID for a kind that cannot be cancelled */
  cancel(id: number): JobReport {
    const report = this.get(id);
    if (isEnded(report.state)) return report;
    if (!jobRights[report.kind].cancel) {
      const text = `The job ${id} of ${report.vm} cannot be cancelled: it would leave something half done.`;
      throw new ReplicationError('STATE_INVALID', text, { vm: report.vm });
    }
    this.live.get(id)?.cancel();
    return this.get(id);
  }

  /**
   * The job's report once it has ended, or once `settled` says that nothing will move it.
   * @throws ENGINE_STOPPED when the engine stops before that
   */
  async wait(id: number, settled: (report: JobReport) => boolean = () => false): Promise<JobReport> {
    const report = this.get(id);
    if (isEnded(report.state) || settled(report)) return report;
    if (this.stopping) throw engineStopped(report.vm);
    return new Promise((resolve, reject) => {
      this.waiters.set(id, [...(this.waiters.get(id) ?? []), { settled, resolve, reject }]);
    });
  }

  /**
   * Runs `work` to the job's end; never rejects. A failure is the job's, and `failed` is told of it first. Work that an
   * orderly stop cut short is queued, to be gone on with at the next start.
   */
  async carryOut(
    job: Job,
    work: () => Promise<JobResult>,
    failed: (error: ReplicationError) => void,
  ): Promise<void> {
    job.running();
    try {
      job.succeed(await work());
    } catch (thrown) {
      const error = ReplicationError.from(thrown).forVm(job.record.vm);
      const isStopped = error.code === 'CANCELLED' || error.code === 'ENGINE_STOPPED';
      if (isStopped && this.stopping && job.record.state !== 'cancelling') {
        job.requeue();
        return;
      }
      if (error.code !== 'CANCELLED') failed(error);
      job.fail(error);
    }
  }

  /** Begins an orderly stop: what runs is brought to its next checkpoint. */
  stop(): void {
    this.stopping = true;
    for (const job of this.live.values()) job.interrupt();
  }

  /** After everything came to rest: who still waits for a job is told that it will not move any more. */
  close(): void {
    for (const [id, waiters] of this.waiters)
      for (const { reject } of waiters) reject(engineStopped(this.get(id).vm));
    this.waiters.clear();
  }

  private adopt(id: number, record: JobRecord): Job {
    const job = new Job(id, record, this.clock, (changed, durable) => {
      if (durable) this.store.jobs.put(id, changed);
      const report = jobReport(id, changed);
      if (isEnded(changed.state)) this.live.delete(id);
      this.push({ kind: 'job', job: report });
      this.answer(id, report);
    });
    this.live.set(id, job);
    return job;
  }

  private answer(id: number, report: JobReport): void {
    const waiters = this.waiters.get(id) ?? [];
    const isDone = ({ settled }: Waiter) => isEnded(report.state) || settled(report);
    const left = waiters.filter((waiter) => !isDone(waiter));
    if (left.length > 0) this.waiters.set(id, left);
    else this.waiters.delete(id);
    for (const waiter of waiters) if (isDone(waiter)) waiter.resolve(report);
  }
}

/** What happens to work that a stop of the engine cuts short and that cannot be gone on with. */
export const engineStopped = (vm: string): ReplicationError =>
  new ReplicationError('ENGINE_STOPPED', 'The engine was stopped before the job had ended.', { vm });

/** A step by its name, or with its weight in the job's percentage. */
export type PlannedStep = StepText | { readonly name: StepText; readonly weight?: number };

const pendingStep = (step: string | Pick<JobStep, 'name' | 'weight'>): JobStep => {
  const { name, weight = 1 } = typeof step === 'string' ? { name: step } : step;
  return { name, state: 'pending', startedAt: null, endedAt: null, percent: null, weight };
};

/** One job under way. Steps run one after the other. */
export class Job {
  readonly id: number;
  record: JobRecord;
  private readonly clock: Clock;
  private readonly changed: (record: JobRecord, durable: boolean) => void;
  private readonly controller = new AbortController();
  private lastPersistedAtMs = 0;

  constructor(
    id: number,
    record: JobRecord,
    clock: Clock,
    changed: (record: JobRecord, durable: boolean) => void,
  ) {
    this.id = id;
    this.record = record;
    this.clock = clock;
    this.changed = changed;
  }

  /** Aborts when the job is cancelled, and when the engine stops. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get report(): JobReport {
    return jobReport(this.id, this.record);
  }

  running(): void {
    this.update({ state: 'running', error: null, nextAttemptAtMs: null, blockedOn: null }, true);
  }

  /** Waits until an engine runs that goes on with it. */
  requeue(): void {
    const blockedOn: WaitText = 'Goes on when the engine runs.';
    this.update({ state: 'queued', nextAttemptAtMs: null, blockedOn }, true);
  }

  /** Goes on as soon as it can: what it waited for until now, and why, says nothing any more. */
  takeTurn(): void {
    const { state } = this.record;
    if (isEnded(state) || state === 'queued' || state === 'running' || state === 'cancelling') return;
    this.update({ state: 'queued', error: null, nextAttemptAtMs: null, blockedOn: null }, true);
  }

  /** Waits for a moment that somebody chose. */
  waitUntil(atMs: number, blockedOn: WaitText): void {
    this.update({ state: 'queued', nextAttemptAtMs: atMs, blockedOn }, true);
  }

  /** Remembers what it takes to go on, durably. */
  remember(input: JobInput): void {
    this.update({ input: { ...this.record.input, ...input } }, true);
  }

  /** Announces its steps; those that are known keep their state. */
  plan(planned: readonly PlannedStep[]): void {
    const known = new Map(this.record.steps.map((step) => [step.name, step]));
    const steps = planned.map((each) => {
      const step = pendingStep(each);
      return { ...step, ...known.get(step.name), weight: step.weight ?? 1 };
    });
    const others = this.record.steps.filter(({ name }) => !steps.some((step) => step.name === name));
    this.update({ steps: [...others, ...steps] }, true);
  }

  /** Nothing of an earlier run counts. */
  startOver(): void {
    this.update({ steps: this.record.steps.map(pendingStep), percent: 0 }, true);
  }

  isDone(step: StepText): boolean {
    return this.record.steps.some(({ name, state }) => name === step && state === 'succeeded');
  }

  /** Runs a step; names not announced at creation are added. */
  async step<T>(name: StepText, run: (progress: (fraction: number) => void) => Promise<T>): Promise<T> {
    this.setStep(name, { state: 'running', startedAt: this.nowIso(), endedAt: null, percent: 0 }, true);
    try {
      const result = await run((fraction) =>
        this.setStep(name, { percent: Math.min(100, Math.floor(fraction * 100)) }, false),
      );
      this.setStep(name, { state: 'succeeded', endedAt: this.nowIso(), percent: 100 }, true);
      return result;
    } catch (error) {
      this.setStep(name, { state: 'failed', endedAt: this.nowIso() }, true);
      throw error;
    }
  }

  waitForRetry(error: ErrorReport, nextAttemptAtMs: number): void {
    this.update({ state: 'waitingForRetry', error, nextAttemptAtMs }, true);
  }

  /** Nothing but a person can bring it on: the error says how. */
  waitForInput(error: ErrorReport): void {
    this.update({ state: 'waitingForInput', error, nextAttemptAtMs: null }, true);
  }

  /** A person paused the VM: the job goes on when the VM does. */
  pause(): void {
    this.update({ state: 'paused', error: null, nextAttemptAtMs: null }, true);
  }

  /** It goes on by itself at `nextAttemptAtMs`; null while no window is to come. */
  waitForWindow(nextAttemptAtMs: number | null): void {
    this.update({ state: 'waitingForWindow', error: null, nextAttemptAtMs }, true);
  }

  succeed(result: JobResult | null): void {
    this.update({ state: 'succeeded', endedAtMs: this.clock.now(), percent: 100, result, error: null }, true);
  }

  fail(error: ReplicationError): void {
    const state = error.code === 'CANCELLED' ? 'cancelled' : 'failed';
    this.update({ state, endedAtMs: this.clock.now(), error: error.toReport() }, true);
  }

  cancel(): void {
    if (isEnded(this.record.state)) return;
    this.controller.abort();
    if (this.record.state === 'cancelling') return;
    if (this.record.state === 'running') this.update({ state: 'cancelling' }, true);
    else this.fail(new ReplicationError('CANCELLED', 'The job was cancelled.', { vm: this.record.vm }));
  }

  /** Ends the work under way, not the job. */
  interrupt(): void {
    this.controller.abort();
  }

  private setStep(name: string, change: Partial<JobStep>, durable: boolean): void {
    const known = this.record.steps.some((step) => step.name === name);
    const steps = (known ? this.record.steps : [...this.record.steps, pendingStep(name)]).map((step) =>
      step.name === name ? { ...step, ...change } : step,
    );
    this.update({ steps, percent: percentOf(steps) }, durable);
  }

  private update(change: Partial<JobRecord>, durable: boolean): void {
    // Cancelled while it waited for its turn, say: nothing brings an ended job back.
    if (isEnded(this.record.state)) return;
    this.record = { ...this.record, ...change };
    const now = this.clock.now();
    const due = durable || Math.abs(now - this.lastPersistedAtMs) >= persistIntervalMs;
    if (due) this.lastPersistedAtMs = now;
    this.changed(this.record, due);
  }

  private nowIso(): string {
    return new Date(this.clock.now()).toISOString();
  }
}
