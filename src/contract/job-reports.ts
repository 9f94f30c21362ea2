/** Jobs, and what each kind of them comes to: plain readonly data, with the units of `reports.ts`. */

import type { ErrorReport } from './errors.ts';
import type { Consistency } from './model.ts';
import type { ResyncDisk } from './resync.ts';

export interface CycleResult {
  readonly kind: 'cycle';
  readonly vm: string;
  /** Bytes that differed from the replica, counted in changed pages. */
  readonly changedBytes: number;
  /** Bytes that went to the vault. */
  readonly sentBytes: number;
  readonly blocksCompared: number;
  readonly blocksChanged: number;
  readonly durationMs: number;
  readonly consistency: Consistency;
  /** Id of the recovery point that the cycle added; null when its cut was fuzzy or nothing changed. */
  readonly point: string | null;
}

export interface InitialReplicationResult {
  readonly kind: 'initial';
  readonly vm: string;
  readonly sentBytes: number;
  readonly skippedBytes: number;
  readonly durationMs: number;
  readonly consistency: Consistency;
  readonly point: string | null;
}

export interface ResyncResult {
  readonly kind: 'resync';
  readonly vm: string;
  readonly comparedBlocks: number;
  readonly differentBlocks: number;
  readonly sentBytes: number;
  readonly durationMs: number;
  /** Less than a full copy would have sent; like the rest not in the results of early versions. */
  readonly savedBytes?: number;
  /** Whether it went on from where an interruption had left it. */
  readonly resumed?: boolean;
  /** How consistent the cut is that it led to; a fuzzy one is followed by a cycle at once. */
  readonly consistency?: Consistency;
  /** Id of the newest recovery point that it added; null when its cut was fuzzy. */
  readonly point?: string | null;
  /** What was written to the disks while they were compared: bytes sent from the logs at the end. */
  readonly appliedBytes?: number;
  readonly disks?: readonly Omit<ResyncDisk, 'map'>[];
}

export interface BlockDifference {
  readonly disk: string;
  /** Byte offset on the virtual disk. */
  readonly offset: number;
  readonly lengthBytes: number;
}

export interface VerifyResult {
  readonly kind: 'verify';
  readonly vm: string;
  readonly blocks: number;
  readonly differentBlocks: number;
  /** Blocks of the replica that are not what was written there; older versions did not count them. */
  readonly damagedBlocks?: number;
  readonly identical: boolean;
  /** The first few differences, in order. */
  readonly firstDifferences: readonly BlockDifference[];
  readonly durationMs: number;
}

export interface RestoreResult {
  readonly kind: 'restore';
  readonly vm: string;
  readonly point: string;
  readonly pointTakenAt: string;
  readonly consistency: Consistency;
  readonly files: readonly { readonly disk: string; readonly path: string; readonly sizeBytes: number }[];
  /** Every block was compared with the digests taken at the cut. */
  readonly verified: boolean;
  readonly durationMs: number;
}

export interface UnprotectResult {
  readonly kind: 'unprotect';
  readonly vm: string;
  readonly replicaDeleted: boolean;
}

export interface ProtectResult {
  readonly kind: 'protect';
  readonly vm: string;
  readonly vault: string;
  /** The job of its initial replication. */
  readonly initialJob: number;
}

export interface FinalizeResult {
  readonly kind: 'finalize';
  readonly vm: string;
}

export interface ChangeResult {
  readonly kind: 'change';
  readonly vm: string;
  readonly frequencySeconds: number;
  readonly retentionPoints: number;
  readonly retentionHours: number | null;
  /** Null for what the settings say. */
  readonly uploadThreads: number | null;
  /** Fewer are kept than before, but the replica is being copied or compared: the older ones go when the next one is made. */
  readonly dropsOlder?: boolean;
  /** How many went at once. */
  readonly droppedPoints?: number;
}

export interface DisksResult {
  readonly kind: 'disks';
  readonly vm: string;
  /** Names of the disks. */
  readonly included: readonly string[];
  readonly excluded: readonly string[];
  /** The job of the first copies; null when there is none, or it begins when the VM is resumed. */
  readonly copyJob: number | null;
}

export interface VaultResult {
  readonly kind: 'vault';
  readonly vault: string;
  readonly target: string;
}

export type JobResult =
  | ProtectResult
  | FinalizeResult
  | ChangeResult
  | DisksResult
  | VaultResult
  | CycleResult
  | InitialReplicationResult
  | ResyncResult
  | VerifyResult
  | RestoreResult
  | UnprotectResult;

export const jobKinds = [
  'protect',
  'initial',
  'finalize',
  'cycle',
  'resync',
  'verify',
  'restore',
  'unprotect',
  'change',
  'disks',
  'vault',
] as const;
export type JobKind = (typeof jobKinds)[number];

/**
 * What a person may do with a job of each kind. Not cancelled are those that are done within moments or would leave
 * something half removed; a vault's change is not restarted because its sign-in is not kept with the job.
 */
export const jobRights: Readonly<Record<JobKind, { readonly cancel: boolean; readonly restart: boolean }>> = {
  protect: { cancel: false, restart: true },
  initial: { cancel: true, restart: true },
  finalize: { cancel: false, restart: true },
  cycle: { cancel: true, restart: true },
  resync: { cancel: true, restart: true },
  verify: { cancel: true, restart: true },
  restore: { cancel: true, restart: true },
  unprotect: { cancel: false, restart: true },
  change: { cancel: false, restart: true },
  disks: { cancel: false, restart: true },
  vault: { cancel: false, restart: false },
};

export const jobStates = [
  'queued',
  'running',
  'waitingForRetry',
  'waitingForWindow',
  'waitingForInput',
  'paused',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type JobState = (typeof jobStates)[number];

/** Whether a job in that state will never run again. */
export const isEnded = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

export const stepStates = ['pending', 'running', 'succeeded', 'failed', 'skipped'] as const;

export interface JobStep {
  readonly name: string;
  readonly state: (typeof stepStates)[number];
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** 0–100; null where it cannot be told. */
  readonly percent: number | null;
  /** Its share of the job's percentage, relative to the other steps; 1 when not given. */
  readonly weight?: number;
}

export interface JobReport {
  readonly id: number;
  readonly kind: JobKind;
  /** Empty for the job of a vault. */
  readonly vmId: string;
  /** Name of the VM; for the job of a vault, of the vault. */
  readonly vm: string;
  readonly state: JobState;
  /** What it waits for, in words for people; null while it runs and once it has ended. */
  readonly blockedOn: string | null;
  readonly canCancel: boolean;
  readonly canRestart: boolean;
  readonly steps: readonly JobStep[];
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly percent: number | null;
  /** Why it failed; while it waits for a retry, the last failure. */
  readonly error: ErrorReport | null;
  /** When it goes on by itself, for the waiting states. */
  readonly nextAttemptAt: string | null;
  readonly result: JobResult | null;
}
