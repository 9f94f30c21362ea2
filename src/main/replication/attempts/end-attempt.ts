import { ReplicationError } from '../../../contract/errors.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { type Attempt, noteCancelled, noteFailure } from './attempt-outcome.ts';
import { failureEffect } from './failure-effect.ts';

/** What the end of an attempt depends on beside its error. */
export interface AttemptEnd {
  readonly isStopping: boolean;
  /** The VM's protection is being removed. */
  readonly isLeaving: boolean;
  /** The attempt was one of tracking only, while a retry waits. */
  readonly tracksOnly: boolean;
  /** Marks the VM for resynchronization. */
  readonly mark: (error: ReplicationError) => void;
}

/** Ends an attempt that did not succeed: in the VM's record, in the journals, and as the job's outcome. */
export const endAttempt = (
  engine: EngineContext,
  vm: ProtectedVm,
  attempt: Attempt,
  thrown: unknown,
  job: Job | null,
  end: AttemptEnd,
): void => {
  const { retry, name } = vm.record;
  const error = ReplicationError.from(thrown).forVm(name);
  if (error.code === 'CANCELLED' || error.code === 'ENGINE_STOPPED') {
    endInterrupted(engine, vm, attempt, error, job, end);
    return;
  }
  if (error.code === 'RESYNC_REQUIRED') {
    job?.fail(error);
    return;
  }
  const { what } = attempt;
  const now = { tracksOnly: end.tracksOnly, nowMs: engine.clock.now() };
  const effect = failureEffect(error, what, retry, now);
  if (effect === 'mark') end.mark(error);
  const nextAtMs = noteFailure(engine, vm, attempt, error, effect);
  if (nextAtMs !== null && job !== null && what !== 'cycle') job.waitForRetry(error.toReport(), nextAtMs);
  else if (effect === 'stop' && what === 'initial') job?.waitForInput(error.toReport());
  else job?.fail(error);
};

/**
 * What was cut short is no failure.
 *
 * | it was cut short by              | the job                                                          |
 * |----------------------------------|------------------------------------------------------------------|
 * | a person who cancelled it        | is cancelled                                                     |
 * | the end of the protection        | is cancelled                                                     |
 * | an orderly stop                  | goes on at the next start                                        |
 * | a pause of the first copy        | is paused                                                        |
 * | a pause or a mark, without a job | (nothing to say: who paused or marked has said it)               |
 */
const endInterrupted = (
  engine: EngineContext,
  vm: ProtectedVm,
  attempt: Attempt,
  error: ReplicationError,
  job: Job | null,
  { isStopping, isLeaving }: AttemptEnd,
): void => {
  if (job === null) return;
  const { name, pausedAtMs } = vm.record;
  const isCancelled = job.record.state === 'cancelling';
  // A stop interrupts the jobs first.
  if ((isStopping || job.signal.aborted) && !isCancelled) {
    const text = `The protection of ${name} is being removed.`;
    if (isLeaving) job.fail(new ReplicationError('CANCELLED', text, { vm: name }));
    else if (attempt.what === 'cycle') job.requeue();
  } else if (attempt.what === 'initial' && pausedAtMs !== null && !isCancelled) {
    job.pause();
  } else {
    noteCancelled(engine, vm, attempt, error);
    job.fail(error);
  }
};
