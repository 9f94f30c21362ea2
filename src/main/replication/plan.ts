import type { ReplicationState } from '../../contract/model.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import { longestStepMs, plausibleMoment } from './retry-schedule.ts';

/** What a VM's replication does next, and when. `reason` is for people. */
export type PlannedAction =
  | { readonly kind: 'initial'; readonly atMs: number }
  | { readonly kind: 'resync'; readonly atMs: number }
  | { readonly kind: 'cycle'; readonly atMs: number; readonly ship: boolean }
  | { readonly kind: 'wait'; readonly untilMs: number | null; readonly reason: string };

/**
 * The next step of one VM. Pure: what it decides follows from the records and the time alone.
 *
 * | the VM is …                                   | next                                                       |
 * |-----------------------------------------------|------------------------------------------------------------|
 * | marked for resynchronization, or in error     | waits for a person                                         |
 * | marked, and its resynchronization failed      | resynchronizes at the retry's time; paused: waits          |
 * | without a complete initial replica            | initial replication, at the retry's time; paused: waits    |
 * | paused                                        | tracks at the copy frequency, sends nothing                |
 * | waiting for a retry                           | tracks at the copy frequency, sends at the retry's time    |
 * | otherwise                                     | a cycle at the copy frequency                              |
 */
export const planNext = (
  vm: ProtectionRecord,
  disks: readonly ProtectedDiskRecord[],
  nowMs: number,
): PlannedAction => {
  if (vm.resync !== null) {
    if (vm.retry !== null && vm.pausedAtMs === null)
      return { kind: 'resync', atMs: retryMoment(vm, nowMs) ?? nowMs };
    return { kind: 'wait', untilMs: null, reason: 'waits to be resynchronized' };
  }
  if (vm.error !== null)
    return { kind: 'wait', untilMs: null, reason: 'waits for somebody to act on the error' };
  const retryAtMs = retryMoment(vm, nowMs);
  if (needsInitial(disks)) {
    if (vm.pausedAtMs !== null) return { kind: 'wait', untilMs: null, reason: 'is paused' };
    return { kind: 'initial', atMs: retryAtMs ?? nowMs };
  }
  const cycleAtMs = plausibleMoment(vm.nextCycleAtMs ?? nowMs, nowMs, vm.frequencySeconds * 1000);
  if (vm.pausedAtMs !== null) return { kind: 'cycle', atMs: cycleAtMs, ship: false };
  if (retryAtMs === null) return { kind: 'cycle', atMs: cycleAtMs, ship: true };
  return retryAtMs <= cycleAtMs
    ? { kind: 'cycle', atMs: retryAtMs, ship: true }
    : { kind: 'cycle', atMs: cycleAtMs, ship: retryAtMs <= Math.max(cycleAtMs, nowMs) };
};

/** When the retry comes; now, if the clock went back since it was scheduled. */
const retryMoment = ({ retry }: ProtectionRecord, nowMs: number): number | null =>
  retry === null
    ? null
    : plausibleMoment(
        retry.nextAttemptAtMs,
        nowMs,
        Math.max(longestStepMs, retry.lastError.retryAfterMs ?? 0),
      );

export const needsInitial = (disks: readonly ProtectedDiskRecord[]): boolean =>
  disks.some((disk) => !disk.excluded && disk.phase !== 'complete');

/** When the cycle after the one due at `dueAtMs` comes: on the frequency's grid, missed ones are not made up for. */
export const nextCycleAtMs = (dueAtMs: number, frequencySeconds: number, nowMs: number): number => {
  const stepMs = frequencySeconds * 1000;
  const next = dueAtMs + stepMs;
  return next > nowMs ? next : nowMs + stepMs - ((nowMs - dueAtMs) % stepMs);
};

/** Hyper-V's name for where the VM stands. */
export const stateOf = (
  vm: ProtectionRecord,
  disks: readonly ProtectedDiskRecord[],
  resynchronizing: boolean,
): ReplicationState => {
  if (resynchronizing) return 'Resynchronizing';
  if (vm.resync !== null)
    return vm.pausedAtMs === null ? 'WaitingForStartResynchronize' : 'ResynchronizeSuspended';
  if (vm.error !== null) return 'Error';
  if (vm.pausedAtMs !== null) return 'Suspended';
  if (needsInitial(disks)) return 'WaitingForInitialReplication';
  return 'Replicating';
};
