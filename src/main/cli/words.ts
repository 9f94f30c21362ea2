/** The contract's words as people read them. */

import type { JobKind, JobState } from '../../contract/job-reports.ts';
import type { ReplicationState } from '../../contract/model.ts';
import type { ProgressPhase } from '../../contract/reports.ts';

export const stateWords: Readonly<Record<ReplicationState, string>> = {
  Disabled: 'Not protected',
  ReadyForInitialReplication: 'Ready for initial replication',
  WaitingForInitialReplication: 'Initial replication',
  Replicating: 'Replicating',
  SyncedReplicationComplete: 'Synchronized',
  FailoverWaitingCompletion: 'Failover waits for completion',
  FailedOver: 'Failed over',
  Suspended: 'Paused',
  Error: 'Error',
  WaitingForStartResynchronize: 'Resynchronization required',
  Resynchronizing: 'Resynchronizing',
  ResynchronizeSuspended: 'Resynchronization paused',
};

export const jobKindWords: Readonly<Record<JobKind, string>> = {
  protect: 'Enable protection',
  initial: 'Initial replication',
  finalize: 'Finalize protection',
  cycle: 'Replication cycle',
  resync: 'Resynchronization',
  verify: 'Verification',
  restore: 'Restore',
  unprotect: 'Disable protection',
  change: 'Change of the policy',
  disks: 'Change of the disks',
  vault: 'Change of the vault',
};

export const jobStateWords: Readonly<Record<JobState, string>> = {
  queued: 'queued',
  running: 'running',
  waitingForRetry: 'waiting for the next attempt',
  waitingForWindow: 'waiting for its time window',
  waitingForInput: 'waiting for somebody to act',
  paused: 'paused',
  cancelling: 'being cancelled',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const phaseWords: Readonly<Record<ProgressPhase, string>> = {
  checking: 'checking',
  initial: 'initial replication',
  scan: 'looking for changes',
  delta: 'sending changes',
  apply: 'applying changes',
  verify: 'verifying',
  resync: 'comparing with the replica',
  restore: 'restoring',
};
