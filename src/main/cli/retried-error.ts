import { ReplicationError } from '../../contract/errors.ts';
import type { JobReport } from '../../contract/job-reports.ts';

/** Why an attempt failed that the engine makes again by itself: what nobody repeats is any other error. */
export class RetriedError extends ReplicationError {}

/**
 * What a job failed with. A cycle is no job that waits: the VM's next one comes by itself.
 * @param job ended, or waiting for its next attempt, with an error
 */
export const errorOf = ({ kind, state, vm, error }: JobReport): ReplicationError | null => {
  if (error === null) return null;
  const isRetried = state === 'waitingForRetry' || (kind === 'cycle' && error.class === 'recoverable');
  return isRetried
    ? new RetriedError(error.code, error.message, { vm, ...error })
    : ReplicationError.fromReport(error).forVm(vm);
};
