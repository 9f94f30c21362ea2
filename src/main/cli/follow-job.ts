import { ReplicationError } from '../../contract/errors.ts';
import type { EnginePush } from '../../contract/events.ts';
import { isEnded, type JobReport } from '../../contract/job-reports.ts';
import type { VmStatus } from '../../contract/reports.ts';
import { formatTime } from './format.ts';
import { type ProgressDisplay, progressDisplay } from './progress-display.ts';
import { describeFindings, describeProgress, diskAtWork, fractionOf } from './progress-text.ts';
import { errorOf } from './retried-error.ts';
import type { Session } from './session.ts';
import { jobKindWords, jobStateWords } from './words.ts';

/** What a Ctrl-C does to the job: ends it, or leaves it to the engine, which goes on or takes it up when it runs next. */
export type OnInterrupt = 'cancel' | 'leave';

/**
 * Starts a job and follows it to its end, showing progress.
 * @throws ReplicationError why it failed; a recoverable one too when the job waits for its next attempt; `CANCELLED`
 */
export const followJob = async (
  session: Session,
  begin: () => Promise<JobReport>,
  onInterrupt: OnInterrupt,
): Promise<JobReport> => {
  const follower = new Follower(progressDisplay(session.environment, session.output.json));
  const unsubscribe = await session.subscribe((push) => follower.hear(push));
  const { promise: interrupted, reject: interrupt } = Promise.withResolvers<never>();
  const onAbort = () => {
    if (follower.job === undefined)
      return interrupt(new ReplicationError('CANCELLED', 'The command was cancelled.'));
    if (onInterrupt === 'leave') return interrupt(left(follower.job));
    session.request('job.cancel', { id: follower.job.id }).then((job) => follower.take(job), interrupt);
  };
  session.signal.addEventListener('abort', onAbort);
  try {
    const { id } = follower.take(await Promise.race([begin(), interrupted]));
    session.request('job.wait', { id }).then((job) => follower.end(job), interrupt);
    return outcome(session, await Promise.race([follower.settled, interrupted]));
  } finally {
    session.signal.removeEventListener('abort', onAbort);
    unsubscribe();
    follower.close();
  }
};

/** Puts together what the pushes say of one job. */
class Follower {
  /** Resolves when the job has ended, or waits for its next attempt. */
  readonly settled: Promise<JobReport>;
  job: JobReport | undefined;
  readonly #display: ProgressDisplay;
  readonly #settle: (job: JobReport) => void;
  /** What came before the job was known: it may be about it already. */
  #early: EnginePush[] = [];
  #disksMove = false;

  constructor(display: ProgressDisplay) {
    const { promise, resolve } = Promise.withResolvers<JobReport>();
    this.settled = promise;
    this.#settle = resolve;
    this.#display = display;
  }

  hear(push: EnginePush): void {
    if (this.job === undefined) this.#early.push(push);
    else if (push.kind === 'status' && push.status.id === this.job.vmId) this.showDisk(push.status);
    else if (push.kind === 'job' && push.job.id === this.job.id) this.take(push.job);
  }

  take(job: JobReport): JobReport {
    this.job = job;
    for (const push of this.#early.splice(0)) this.hear(push);
    const waits = job.state === 'waitingForRetry' || job.state === 'waitingForInput';
    if (isEnded(job.state) || waits) this.#settle(job);
    else this.showStep(job);
    return job;
  }

  /** The engine says that nothing will bring the job on, whatever it waits for. */
  end(job: JobReport): void {
    this.#settle(this.take(job));
  }

  close(): void {
    this.#display.close();
  }

  /** What the job is at, until its disks have more to say. */
  private showStep(job: JobReport): void {
    const step = job.steps.find(({ state }) => state === 'running');
    const waits = job.blockedOn !== null || job.state === 'cancelling';
    if (this.#disksMove || (step === undefined && !waits)) return;
    const percent = step?.percent ?? null;
    this.#display.show({
      key: `${step?.name} ${job.state}`,
      fraction: percent === null ? null : percent / 100,
      text: `${job.vm}: ${waits ? `${jobKindWords[job.kind]}, ${job.blockedOn ?? jobStateWords[job.state]}` : step?.name}`,
    });
  }

  private showDisk(status: VmStatus): void {
    const at = diskAtWork(status);
    this.#disksMove = at !== null;
    if (at === null) return;
    const { resyncProgress } = status;
    const findings = resyncProgress === undefined ? '' : `; ${describeFindings(resyncProgress)}`;
    this.#display.show({
      key: `${at.disk.id} ${at.progress.phase} ${at.progress.blockedOn}`,
      fraction: fractionOf(at.progress),
      text: `${status.name}: ${describeProgress(at)}${findings}`,
    });
  }
}

const outcome = (session: Session, job: JobReport): JobReport => {
  if (job.state === 'succeeded') return job;
  if (job.state === 'cancelled')
    throw new ReplicationError('CANCELLED', `${describeJob(job)} was cancelled.`, { vm: job.vm });
  if (job.state === 'paused') {
    const text = `${describeJob(job)} is paused, and goes on where it stands after hvrc resume ${job.vm}.`;
    throw new ReplicationError('STATE_INVALID', text, { vm: job.vm });
  }
  if (job.nextAttemptAt !== null)
    session.output.note(
      `The next attempt is at ${formatTime(job.nextAttemptAt, session.environment.now())}.`,
    );
  throw (
    errorOf(job) ??
    new ReplicationError('UNKNOWN', `${describeJob(job)} failed without a reason.`, { vm: job.vm })
  );
};

const left = (job: JobReport): ReplicationError =>
  new ReplicationError(
    'CANCELLED',
    `${describeJob(job)} is left to the engine, which takes it up where it stands.`,
    { vm: job.vm },
  );

const describeJob = (job: JobReport): string => `${jobKindWords[job.kind]} of ${job.vm} (job ${job.id})`;
