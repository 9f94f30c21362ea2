/** The words and plain-data reports that every boundary shares. */

/** How much a cut can be trusted; ordered from best to worst. */
export type Consistency = 'application' | 'crash' | 'fuzzy';

export type DiskFormat = 'raw' | 'vhd' | 'vhdx';
export type DiskKind = 'fixed' | 'dynamic' | 'differencing';

/** Seconds between replication cycles. */
export const copyFrequenciesSeconds = [30, 300, 900] as const;
export type CopyFrequencySeconds = (typeof copyFrequenciesSeconds)[number];

/** Replication states with Hyper-V's own numbers (replication-rules.md, Health). */
export const replicationStates = {
  Disabled: 0,
  ReadyForInitialReplication: 1,
  WaitingForInitialReplication: 2,
  Replicating: 3,
  SyncedReplicationComplete: 4,
  FailoverWaitingCompletion: 5,
  FailedOver: 6,
  Suspended: 7,
  Error: 8,
  WaitingForStartResynchronize: 9,
  Resynchronizing: 10,
  ResynchronizeSuspended: 11,
} as const;
export type ReplicationState = keyof typeof replicationStates;

export type Health = 'Normal' | 'Warning' | 'Critical';
