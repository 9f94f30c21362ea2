/** Jobs, and what each kind of them comes to: plain readonly data, with the units of `reports.ts`. */

import type { ErrorReport } from './errors.ts';
import type { Consistency } from './model.ts';

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

export type JobResult =
  | CycleResult
  | InitialReplicationResult
  | ResyncResult
  | VerifyResult
  | RestoreResult
  | UnprotectResult;

export const jobKinds = ['initial', 'cycle', 'resync', 'verify', 'restore', 'unprotect'] as const;
export type JobKind = (typeof jobKinds)[number];

export const jobStates = [
  'queued',
  'running',
  'waitingForRetry',
  'waitingForWindow',
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
}

export interface JobReport {
  readonly id: number;
  readonly kind: JobKind;
  readonly vmId: string;
  /** Name of the VM. */
  readonly vm: string;
  readonly state: JobState;
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
