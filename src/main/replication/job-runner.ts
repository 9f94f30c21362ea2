import { type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import type { EnginePush } from '../../contract/events.ts';
import {
  isEnded,
  type JobKind,
  type JobReport,
  type JobResult,
  type JobStep,
} from '../../contract/job-reports.ts';
import type { Clock } from '../platform/clock.ts';
import type { JobRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

const persistIntervalMs = 5_000;

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

  create(kind: JobKind, vmId: string, vm: string, stepNames: readonly string[]): Job {
    const record: JobRecord = {
      kind,
      vmId,
      vm,
      state: 'queued',
      steps: stepNames.map((name) => ({
        name,
        state: 'pending',
        startedAt: null,
        endedAt: null,
        percent: null,
      })),
      startedAtMs: this.clock.now(),
      endedAtMs: null,
      percent: 0,
      error: null,
      nextAttemptAtMs: null,
      result: null,
    };
    return this.adopt(this.store.jobs.add(record), record);
  }

  /** A job that an earlier run left unended, to be gone on with; null when there is none. */
  resume(kind: JobKind, vmId: string): Job | null {
    for (const job of this.live.values())
      if (job.record.kind === kind && job.record.vmId === vmId) return job;
    const left = this.store.jobs.notEnded().find((job) => job.kind === kind && job.vmId === vmId);
    if (left === undefined) return null;
    const { id, ...record } = left;
    return this.adopt(id, record);
  }

  /** Ends what cannot be gone on with after a restart: jobs that a person asked for and that hold no state of their own. */
  endAbandoned(kinds: readonly JobKind[]): void {
    for (const { id, ...record } of this.store.jobs.notEnded()) {
      if (!kinds.includes(record.kind) || this.live.has(id)) continue;
      this.adopt(id, record).fail(engineStopped(record.vm));
    }
  }

  get(id: number): JobReport {
    const live = this.live.get(id);
    if (live !== undefined) return jobReport(id, live.record);
    const stored = this.store.jobs.get(id);
    if (stored === null) throw new ReplicationError('JOB_NOT_FOUND', `There is no job ${id}.`);
    return jobReport(id, stored);
  }

  list(limit: number | undefined): JobReport[] {
    return this.store.jobs
      .list({ limit })
      .map(({ id }) => this.get(id))
      .reverse();
  }

  cancel(id: number): JobReport {
    const report = this.get(id);
    this.live.get(id)?.cancel();
    return isEnded(report.state) ? report : this.get(id);
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
   * orderly stop cut short fails with `ENGINE_STOPPED`.
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
      const stopped = error.code === 'CANCELLED' && this.stopping && job.record.state !== 'cancelling';
      const failure = stopped ? engineStopped(job.record.vm) : error;
      if (failure.code !== 'CANCELLED') failed(failure);
      job.fail(failure);
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

/** One job under way. Steps run one after the other; a step's weight in the percentage is equal unless progress says more. */
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
    this.update({ state: 'running', error: null, nextAttemptAtMs: null }, true);
  }

  /** Runs a step; names not announced at creation are added. */
  async step<T>(name: string, run: (progress: (fraction: number) => void) => Promise<T>): Promise<T> {
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
    const blank: JobStep = { name, state: 'pending', startedAt: null, endedAt: null, percent: null };
    const steps = (known ? this.record.steps : [...this.record.steps, blank]).map((step) =>
      step.name === name ? { ...step, ...change } : step,
    );
    const done = steps.reduce(
      (sum, step) => sum + (step.state === 'succeeded' ? 100 : (step.percent ?? 0)),
      0,
    );
    // 100 is what a job says when nothing is left: its end says it, not its last step's progress.
    this.update({ steps, percent: Math.min(99, Math.floor(done / steps.length)) }, durable);
  }

  private update(change: Partial<JobRecord>, durable: boolean): void {
    // Cancelled while it waited for its turn, say: nothing brings an ended job back.
    if (isEnded(this.record.state)) return;
    this.record = { ...this.record, ...change };
    const now = this.clock.now();
    const due = durable || now - this.lastPersistedAtMs >= persistIntervalMs;
    if (due) this.lastPersistedAtMs = now;
    this.changed(this.record, due);
  }

  private nowIso(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const jobReport = (id: number, record: JobRecord): JobReport => ({
  id,
  kind: record.kind,
  vmId: record.vmId,
  vm: record.vm,
  state: record.state,
  steps: record.steps,
  startedAt: new Date(record.startedAtMs).toISOString(),
  endedAt: iso(record.endedAtMs),
  percent: record.percent,
  error: record.error,
  nextAttemptAt: iso(record.nextAttemptAtMs),
  result: record.result,
});
