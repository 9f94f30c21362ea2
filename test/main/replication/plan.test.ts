import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { defaultSettings } from '../../../src/contract/settings.ts';
import { nextCycleAtMs, planNext as planWith, stateOf } from '../../../src/main/replication/plan.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../../../src/main/store/records.ts';
import { protectedDiskRecord, protectionRecord } from '../../support/records.ts';

const error = new ReplicationError('VAULT_UNREACHABLE', 'The share is away.').toReport();
const retry = (nextAttemptAtMs: number) => ({
  attempts: 2,
  firstFailureAtMs: 900_000,
  nextAttemptAtMs,
  lastError: error,
});
const complete = [protectedDiskRecord()];
const windowOff = { ...defaultSettings.resyncWindow, enabled: false };
const planNext = (vm: ProtectionRecord, disks: readonly ProtectedDiskRecord[], nowMs: number) =>
  planWith(vm, disks, nowMs, windowOff);

describe('the plan of a VM', () => {
  it('runs a cycle at the copy frequency', () => {
    expect(planNext(protectionRecord(), complete, 1_100_000)).toEqual({
      kind: 'cycle',
      atMs: 1_300_000,
      ship: true,
    });
  });

  it('goes on at once when the clock went back', () => {
    expect(planNext(protectionRecord({ nextCycleAtMs: 90_000_000 }), complete, 1_100_000)).toMatchObject({
      atMs: 1_100_000,
    });
    const waiting = protectionRecord({ nextCycleAtMs: 1_200_000, retry: retry(90_000_000) });
    expect(planNext(waiting, complete, 1_100_000)).toEqual({ kind: 'cycle', atMs: 1_100_000, ship: true });
  });

  it('copies first what has no complete replica', () => {
    const disks = [protectedDiskRecord(), protectedDiskRecord({ diskId: 'second', phase: 'initial' })];
    expect(planNext(protectionRecord(), disks, 5)).toEqual({ kind: 'initial', atMs: 5 });
  });

  it('leaves excluded disks alone', () => {
    const disks = [
      protectedDiskRecord(),
      protectedDiskRecord({ diskId: 'second', phase: 'pending', excluded: true }),
    ];
    expect(planNext(protectionRecord(), disks, 1_300_000).kind).toBe('cycle');
  });

  it('tracks on while it is paused, and sends nothing', () => {
    const vm = protectionRecord({ pausedAtMs: 1 });
    expect(planNext(vm, complete, 1_300_000)).toEqual({ kind: 'cycle', atMs: 1_300_000, ship: false });
  });

  it('tracks on while a retry waits, and sends when the retry is due', () => {
    expect(planNext(protectionRecord({ retry: retry(1_900_000) }), complete, 1_200_000)).toEqual({
      kind: 'cycle',
      atMs: 1_300_000,
      ship: false,
    });
    expect(planNext(protectionRecord({ retry: retry(1_250_000) }), complete, 1_200_000)).toEqual({
      kind: 'cycle',
      atMs: 1_250_000,
      ship: true,
    });
  });

  it('waits for a person after a non-recoverable error, or when marked and the window is off', () => {
    expect(planNext(protectionRecord({ error }), complete, 1_400_000).kind).toBe('wait');
    const resync = { code: 'HRL_THRESHOLD' as const, message: 'too much', sinceMs: 1 };
    expect(planNext(protectionRecord({ resync }), complete, 1_400_000).kind).toBe('wait');
  });

  it('resynchronizes again after an attempt that may be retried, unless it is paused', () => {
    const resync = { code: 'HRL_THRESHOLD' as const, message: 'too much', sinceMs: 1, askedAtMs: 2 };
    const vm = protectionRecord({ resync, retry: retry(1_500_000) });
    expect(planNext(vm, complete, 1_400_000)).toEqual({ kind: 'resync', atMs: 1_500_000 });
    expect(planNext({ ...vm, pausedAtMs: 1 }, complete, 1_600_000).kind).toBe('wait');
  });

  it('resynchronizes a marked VM in the window, and says when that opens', () => {
    const resync = { code: 'HRL_THRESHOLD' as const, message: 'too much', sinceMs: 1 };
    const [noon, evening] = ['2026-11-20T12:00:00Z', '2026-11-20T18:30:00Z'].map((at) => Date.parse(at));
    const plan = (nowMs: number) =>
      planWith(protectionRecord({ resync }), complete, nowMs, defaultSettings.resyncWindow, 'UTC');
    expect(plan(noon!)).toEqual({
      kind: 'wait',
      untilMs: evening,
      reason: 'waits for the resynchronization window',
      resync: 'window',
    });
    expect(plan(evening!)).toEqual({ kind: 'resync', atMs: evening });
  });

  it('goes on with the other disks while one waits to be resynchronized alone, and turns to it when that is due', () => {
    const cause = { code: 'DISK_REPLACED' as const, message: 'another disk', sinceMs: 1 };
    const disks = [
      protectedDiskRecord(),
      protectedDiskRecord({ diskId: 'second', phase: 'pending', marked: cause }),
    ];
    const vm = protectionRecord({ resync: { ...cause, scope: 'disks' } });
    const cycle = { kind: 'cycle', atMs: 1_300_000, ship: true };
    expect(planNext(vm, disks, 1_100_000)).toEqual(cycle);
    const asked = { ...cause, scope: 'disks' as const, askedAtMs: 2 };
    expect(planNext({ ...vm, resync: asked }, disks, 1_100_000)).toEqual({ kind: 'resync', atMs: 1_100_000 });
    const failed = { ...asked, retry: retry(1_400_000) };
    expect(planNext({ ...vm, resync: failed }, disks, 1_100_000)).toEqual(cycle);
    expect(planNext({ ...vm, resync: failed, nextCycleAtMs: 1_500_000 }, disks, 1_350_000)).toEqual({
      kind: 'resync',
      atMs: 1_400_000,
    });
  });
});

describe('the time of the next cycle', () => {
  it('lies in the future, on the grid of the frequency, and never more than one step away', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.constantFrom(30, 300, 900),
        fc.integer({ min: 0, max: 100_000_000 }),
        (dueAtMs, frequencySeconds, lateMs) => {
          const now = dueAtMs + lateMs;
          const next = nextCycleAtMs(dueAtMs, frequencySeconds, now);
          expect(next).toBeGreaterThan(now);
          expect(next - now).toBeLessThanOrEqual(frequencySeconds * 1000);
          expect((next - dueAtMs) % (frequencySeconds * 1000)).toBe(0);
        },
      ),
    );
  });
});

describe('the state of a VM', () => {
  it('carries the names of Hyper-V', () => {
    const resync = { code: 'HRL_THRESHOLD' as const, message: 'too much', sinceMs: 1 };
    expect(stateOf(protectionRecord(), complete, false)).toBe('Replicating');
    expect(stateOf(protectionRecord({ pausedAtMs: 1 }), complete, false)).toBe('Suspended');
    expect(stateOf(protectionRecord({ error }), complete, false)).toBe('Error');
    expect(stateOf(protectionRecord({ resync }), complete, false)).toBe('WaitingForStartResynchronize');
    expect(stateOf(protectionRecord({ resync, pausedAtMs: 1 }), complete, false)).toBe(
      'ResynchronizeSuspended',
    );
    expect(stateOf(protectionRecord({ resync }), complete, true)).toBe('Resynchronizing');
    expect(stateOf(protectionRecord(), [protectedDiskRecord({ phase: 'pending' })], false)).toBe(
      'WaitingForInitialReplication',
    );
  });
});
