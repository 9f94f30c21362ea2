/** When a VM's replication was tried, what came of it, and when it is tried again: what the retry ladder is drawn from. */

import type { ErrorReport } from './errors.ts';
import type { JobKind } from './job-reports.ts';

/** An attempt that ended. */
export interface PastAttempt {
  readonly id: number;
  /** When it began; null where an older version did not write that down. */
  readonly startedAt: string | null;
  readonly endedAt: string;
  readonly what: JobKind;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly error: ErrorReport | null;
  /** When the next one was to come, as it was decided then; null when none came by itself. */
  readonly nextAttemptAt: string | null;
}

/** An attempt that comes if all before it fail. */
export interface FutureAttempt {
  /** Counted from the first failure, which is 1. */
  readonly number: number;
  readonly at: string;
  /** Its place on the ladder: minutes after the one before it. */
  readonly stepMinutes: number;
}

/**
 * - `working`: nothing is retried
 * - `waiting`: the next attempt comes by itself
 * - `paused`: it comes once the VM is resumed
 * - `stopped`: none comes by itself; `action` says what a person can do
 */
export type RetryState = 'working' | 'waiting' | 'paused' | 'stopped';

/** The answer to `retries`. */
export interface RetriesReport {
  readonly vmId: string;
  readonly vm: string;
  readonly state: RetryState;
  /** Failures in a row, and when the first of them began. */
  readonly attempts: number;
  readonly firstFailureAt: string | null;
  readonly lastError: ErrorReport | null;
  /** What a person can do: the next step of the error, and the request that goes on afterwards. */
  readonly action: { readonly text: string; readonly request: 'retry.now' | 'resume' | 'resync' } | null;
  /** Oldest first. */
  readonly past: readonly PastAttempt[];
  readonly future: readonly FutureAttempt[];
}
