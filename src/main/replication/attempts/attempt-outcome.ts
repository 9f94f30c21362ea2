import type { ReplicationError } from '../../../contract/errors.ts';
import type { JobKind } from '../../../contract/job-reports.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { noteHeld } from '../resync/resync-marks.ts';
import type { FailureEffect } from './failure-effect.ts';
import { nextAttemptAtMs } from './retry-schedule.ts';

/** One try at a VM's cycle, initial replication or resynchronization. */
export interface Attempt {
  readonly what: JobKind;
  readonly startedAtMs: number;
  /** When it should have started: what a late cycle is judged by. */
  readonly dueAtMs: number;
  /** A resynchronization of some disks only: how the VM's cycles fare, which go on, is another matter. */
  readonly ofDisks?: boolean;
}

/** Writes down a success: it ends the waiting for a retry and whatever error there was. */
export const noteSuccess = (
  { store, clock, events, statistics }: EngineContext,
  vm: ProtectedVm,
  { what, startedAtMs, dueAtMs, ofDisks }: Attempt,
  sentBytes: number,
): void => {
  const { vmId } = vm;
  const { retry, name, lastSyncAtMs } = vm.record;
  const atMs = clock.now();
  store.transaction(() => {
    store.attempts.add({
      vmId,
      startedAtMs,
      atMs,
      what,
      outcome: 'succeeded',
      error: null,
      nextAttemptAtMs: null,
    });
    if (what === 'cycle') {
      const latencyMs = lastSyncAtMs === null ? null : Math.max(0, atMs - lastSyncAtMs);
      const cycle = { dueAtMs, endedAtMs: atMs, outcome: 'succeeded', sentBytes, latencyMs } as const;
      store.cycles.add({ vmId, ...cycle });
      statistics.ended(vm.record, cycle);
    }
    if (ofDisks !== true) vm.update({ retry: null, error: null });
  });
  if (retry !== null && ofDisks !== true)
    events.info(`Replication of ${name} works again.`, { vmId, vm: name });
};

/** Writes down a try that a person cancelled: neither a success nor a failure. */
export const noteCancelled = (
  { store, clock }: EngineContext,
  { vmId }: ProtectedVm,
  { what, startedAtMs }: Attempt,
  error: ReplicationError,
): void => {
  const report = error.toReport();
  const atMs = clock.now();
  store.attempts.add({
    vmId,
    startedAtMs,
    atMs,
    what,
    outcome: 'cancelled',
    error: report,
    nextAttemptAtMs: null,
  });
};

/**
 * Writes down a failure, and when the next attempt comes by the retry schedule; null when none comes by itself.
 * `effect` says what the failure does to the VM:
 *
 * | effect  | the VM                                                            |
 * |---------|-------------------------------------------------------------------|
 * | ladder  | is tried again, one step further up the schedule                  |
 * | between | is tried again when it was to be: this was no attempt of the schedule |
 * | mark    | is marked for resynchronization by the caller                     |
 * | stop    | waits in the state Error for a person                             |
 *
 * Of a resynchronization of some disks only, the mark takes that: the schedule is its own, and `stop` leaves the disks
 * marked until a person asks.
 */
export const noteFailure = (
  engine: EngineContext,
  vm: ProtectedVm,
  attempt: Attempt,
  error: ReplicationError,
  effect: FailureEffect,
): number | null => {
  const { store, clock, events, statistics } = engine;
  const { what, startedAtMs, dueAtMs } = attempt;
  const { vmId } = vm;
  const { name, resync } = vm.record;
  const mark = attempt.ofDisks === true ? resync : null;
  const retry = mark === null ? vm.record.retry : (mark.retry ?? null);
  const keep = (next: NonNullable<typeof retry>) =>
    vm.update(mark === null ? { retry: next } : { resync: { ...mark, retry: next } });
  const report = error.toReport();
  const atMs = clock.now();
  const subject = { vmId, vm: name };
  let nextAtMs: number | null = null;
  if (effect === 'stop' && mark !== null) noteHeld(engine, vm, null);
  else if (effect === 'stop') vm.update({ error: report, retry: null });
  else if (effect === 'between' && retry !== null) {
    nextAtMs = retry.nextAttemptAtMs;
    keep({ ...retry, lastError: report });
  } else if (effect !== 'mark') {
    // Of a clock that went back the earlier of the two is the better guess.
    const firstFailureAtMs = Math.min(retry?.firstFailureAtMs ?? startedAtMs, startedAtMs);
    const attempts = (retry?.attempts ?? 0) + 1;
    nextAtMs = Math.max(nextAttemptAtMs(firstFailureAtMs, attempts, atMs), atMs + (error.retryAfterMs ?? 0));
    keep({ attempts, firstFailureAtMs, nextAttemptAtMs: nextAtMs, lastError: report });
  }
  store.attempts.add({
    vmId,
    startedAtMs,
    atMs,
    what,
    outcome: 'failed',
    error: report,
    nextAttemptAtMs: nextAtMs,
  });
  if (what === 'cycle') {
    const cycle = { dueAtMs, endedAtMs: atMs, outcome: 'failed', sentBytes: 0, latencyMs: null } as const;
    store.cycles.add({ vmId, ...cycle });
    statistics.ended(vm.record, cycle);
  }
  // Said once: a tracking-only cycle that meets the same trouble each time would fill the list.
  const isKnown = effect === 'between' && retry?.lastError.code === report.code;
  if (!isKnown) events.error(report, subject);
  return nextAtMs;
};
