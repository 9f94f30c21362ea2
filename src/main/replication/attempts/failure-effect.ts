import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import type { ReplicationError } from '../../../contract/errors.ts';
import type { JobKind } from '../../../contract/job-reports.ts';
import type { ProtectionRecord } from '../../store/records.ts';

/** Errors that end delta replication: only a comparison of source and replica brings the VM back. */
const resyncCodes: ReadonlySet<ErrorCode> = new Set([
  'HRL_THRESHOLD',
  'HRL_CORRUPT',
  'HRL_MISSING',
  'HRL_FOREIGN',
  'HRL_OUT_OF_SEQUENCE',
  'TRACKING_DAMAGED',
  'HRL_WRITE_FAILED',
  'DISK_CHANGED_GEOMETRY',
  'DISK_REPLACED',
  'DISK_REVERTED',
  'REPLICA_INVALID',
  'REPLICA_MISSING',
]);

/** What a failure does to the VM (see `noteFailure`). */
export type FailureEffect = 'ladder' | 'between' | 'mark' | 'stop';

/**
 * Pure: follows from the failure and from whether it was an attempt of the retry schedule.
 *
 * | the failure                                              | effect  |
 * |----------------------------------------------------------|---------|
 * | of a cycle, and only a resynchronization helps           | mark    |
 * | otherwise non-recoverable                                | stop    |
 * | recoverable, while only tracking as a retry waits        | between |
 * | recoverable                                              | ladder  |
 */
export const failureEffect = (
  error: Pick<ReplicationError, 'code' | 'class'>,
  what: JobKind,
  retry: ProtectionRecord['retry'],
  { tracksOnly, nowMs }: { readonly tracksOnly: boolean; readonly nowMs: number },
): FailureEffect => {
  if (what === 'cycle' && resyncCodes.has(error.code)) return 'mark';
  if (error.class === 'nonRecoverable') return 'stop';
  return tracksOnly && retry !== null && retry.nextAttemptAtMs > nowMs ? 'between' : 'ladder';
};
