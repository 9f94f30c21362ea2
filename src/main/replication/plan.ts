import type { ReplicationState } from '../../contract/model.ts';
import type { ZoneName } from '../platform/week-schedule.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import { plausibleMoment, retryMoment } from './attempts/retry-schedule.ts';
import { onlyJoins } from './marked-disk.ts';
import { type ResyncTime, type ResyncWindow, resyncTime } from './resync/resync-schedule.ts';

/** What a VM's replication does next, and when. */
export type PlannedAction =
  | { readonly kind: 'initial'; readonly atMs: number }
  | { readonly kind: 'resync'; readonly atMs: number }
  | { readonly kind: 'cycle'; readonly atMs: number; readonly ship: boolean }
  | {
      readonly kind: 'wait';
      readonly untilMs: number | null;
      /** For people. */
      readonly reason: string;
      /** What a resynchronization waits for; null when none is due. */
      readonly resync: ResyncTime['waitsFor'] | null;
    };

const resyncReasons: Readonly<Record<ResyncTime['waitsFor'], string>> = {
  retry: 'waits for the next attempt',
  window: 'waits for the resynchronization window',
  resume: 'is paused',
  person: 'waits to be resynchronized',
};

/**
 * The next step of one VM. Pure: what it decides follows from the records, the window and the time alone.
 *
 * | the VM is …                                   | next                                                       |
 * |-----------------------------------------------|------------------------------------------------------------|
 * | marked for resynchronization                  | resynchronizes, or waits: see `resyncTime`                 |
 * | marked for some of its disks only             | resynchronizes them when that is due; else what it would   |
 * |                                               | do without them                                            |
 * | in error                                      | waits for a person                                         |
 * | without a complete initial replica            | initial replication, at its start time or the retry's;     |
 * |                                               | paused: waits                                              |
 * | paused                                        | tracks at the copy frequency, sends nothing                |
 * | waiting for a retry                           | tracks at the copy frequency, sends at the retry's time    |
 * | otherwise                                     | a cycle at the copy frequency                              |
 */
export const planNext = (
  vm: ProtectionRecord,
  disks: readonly ProtectedDiskRecord[],
  nowMs: number,
  window: ResyncWindow,
  zone?: ZoneName,
): PlannedAction => {
  if (vm.resync !== null) {
    const { atMs, waitsFor } = resyncTime(vm, nowMs, window, zone);
    if (vm.resync.scope === 'disks') {
      const others = planCycles(vm, withoutMarked(disks), nowMs);
      const othersAtMs = (others.kind === 'wait' ? others.untilMs : others.atMs) ?? Number.POSITIVE_INFINITY;
      if (atMs === null || atMs > Math.max(nowMs, othersAtMs)) return others;
      return { kind: 'resync', atMs };
    }
    if (atMs !== null && (waitsFor === 'retry' || atMs <= nowMs)) return { kind: 'resync', atMs };
    return { kind: 'wait', untilMs: atMs, reason: resyncReasons[waitsFor], resync: waitsFor };
  }
  return planCycles(vm, disks, nowMs);
};

/** What a VM does that is not marked, or of which these disks are not. */
export const planCycles = (
  vm: ProtectionRecord,
  disks: readonly ProtectedDiskRecord[],
  nowMs: number,
): PlannedAction => {
  if (vm.error !== null) {
    const reason = 'waits for somebody to act on the error';
    return { kind: 'wait', untilMs: null, reason, resync: null };
  }
  const retryAtMs = retryMoment(vm, nowMs);
  if (needsInitial(disks)) {
    if (vm.pausedAtMs !== null) return { kind: 'wait', untilMs: null, reason: 'is paused', resync: null };
    return { kind: 'initial', atMs: Math.max(retryAtMs ?? nowMs, vm.initialStartAtMs ?? 0) };
  }
  const cycleAtMs = plausibleMoment(vm.nextCycleAtMs ?? nowMs, nowMs, vm.frequencySeconds * 1000);
  if (vm.pausedAtMs !== null) return { kind: 'cycle', atMs: cycleAtMs, ship: false };
  if (retryAtMs === null) return { kind: 'cycle', atMs: cycleAtMs, ship: true };
  return retryAtMs <= cycleAtMs
    ? { kind: 'cycle', atMs: retryAtMs, ship: true }
    : { kind: 'cycle', atMs: cycleAtMs, ship: retryAtMs <= Math.max(cycleAtMs, nowMs) };
};

/** The disks that cycles are about: those that wait to be resynchronized alone are not. */
export const withoutMarked = (disks: readonly ProtectedDiskRecord[]): readonly ProtectedDiskRecord[] =>
  disks.filter(({ marked }) => marked === undefined || marked === null);

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
  const joins = onlyJoins(vm, disks);
  if (resynchronizing && !joins) return 'Resynchronizing';
  if (vm.resync !== null && !joins)
    return vm.pausedAtMs === null ? 'WaitingForStartResynchronize' : 'ResynchronizeSuspended';
  if (vm.error !== null) return 'Error';
  if (vm.pausedAtMs !== null) return 'Suspended';
  if (joins || needsInitial(disks)) return 'WaitingForInitialReplication';
  return 'Replicating';
};
