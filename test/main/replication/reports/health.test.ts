import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { judgeHealth } from '../../../../src/main/replication/reports/health.ts';
import { noCycles } from '../../../../src/main/replication/reports/statistics.ts';
import { protectionRecord } from '../../../support/records.ts';

const facts = {
  nowMs: 1_200_000,
  totals: { ...noCycles, done: 80, missed: 20 },
  missedSinceMs: null,
  slowSinceMs: null,
  engineOff: null,
  stumble: null,
  unlogged: [],
  signInEnds: null,
  largeLogs: [],
  marked: [],
};
const lastError = new ReplicationError('VAULT_UNREACHABLE', 'The share is away.').toReport();

const healthOf = (change: Parameters<typeof protectionRecord>[0], moreFacts = {}) =>
  judgeHealth(protectionRecord(change), { ...facts, ...moreFacts });

describe('health', () => {
  it('is Normal while cycles succeed, and gives no reasons', () => {
    expect(healthOf({})).toEqual({ health: 'Normal', reasons: [] });
  });

  it.each([
    [24, 'Warning', 'retrying'],
    [25, 'Critical', 'retriesExhausted'],
  ])('says what the engine itself stumbles over: after %i minutes it is %s', (minutes, health, kind) => {
    const error = new ReplicationError('VOLUME_LOW_SPACE', 'There is no room to write the database.');
    expect(healthOf({}, { nowMs: minutes * 60_000, stumble: { error, sinceMs: 0 } })).toEqual({
      health,
      reasons: [
        {
          kind,
          text: 'The engine cannot go on, and tries again every minute: There is no room to write the database.',
          sinceMs: 0,
          code: 'VOLUME_LOW_SPACE',
        },
      ],
    });
  });

  it('is Warning when more than 20 % of the cycles were missed', () => {
    const totals = { ...noCycles, done: 79, missed: 21 };
    expect(healthOf({}, { totals, missedSinceMs: 77 })).toEqual({
      health: 'Warning',
      reasons: [
        {
          kind: 'missedCycles',
          text: '21 of 100 replication cycles of this monitoring interval were missed.',
          sinceMs: 77,
        },
      ],
    });
  });

  it('does not count as missed what was due while the engine was off, which is a reason of its own', () => {
    const totals = { ...noCycles, done: 80, missed: 70, whileOff: 60 };
    expect(healthOf({}, { totals }).health).toBe('Normal');
    const fromMs = Date.UTC(2026, 10, 20, 22);
    const toMs = fromMs + 8 * 3_600_000;
    const reasonsOf = (isOver: boolean) =>
      healthOf({}, { totals, engineOff: { fromMs, toMs, isOver } }).reasons;
    expect(reasonsOf(true)).toEqual([
      {
        kind: 'engineOff',
        text: 'The engine was off from 2026-11-20 22:00 UTC to 2026-11-21 06:00 UTC; no cycle has succeeded since.',
        sinceMs: fromMs,
      },
    ]);
    expect(reasonsOf(false)[0]?.text).toBe('The engine has not run since 2026-11-20 22:00 UTC.');
  });

  it('does not judge by fewer than five cycles, or by less than half an hour of them', () => {
    const healthAfter = (frequencySeconds: 30 | 300, done: number, missed: number) =>
      healthOf({ frequencySeconds }, { totals: { ...noCycles, done, missed } }).health;
    expect(healthAfter(300, 2, 2)).toBe('Normal');
    expect(healthAfter(300, 3, 2)).toBe('Normal');
    expect(healthAfter(300, 4, 2)).toBe('Warning');
    expect(healthAfter(30, 5, 2)).toBe('Normal');
    expect(healthAfter(30, 46, 13)).toBe('Normal');
    expect(healthAfter(30, 47, 13)).toBe('Warning');
    expect(healthAfter(30, 48, 12)).toBe('Normal');
  });

  it('is Warning when changes take more than 5 minutes on average to reach the vault', () => {
    const totals = { ...noCycles, done: 10, sent: 2, sumLatencyMs: 600_000 };
    expect(healthOf({}, { totals }).health).toBe('Normal');
    const slow = { ...totals, sumLatencyMs: 720_000 };
    expect(healthOf({}, { totals: slow, slowSinceMs: 5 }).reasons).toEqual([
      {
        kind: 'slow',
        text: 'Changes take 6.0 minutes on average to reach the vault; 5 are allowed.',
        sinceMs: 5,
      },
    ]);
  });

  it('is Warning when nothing was replicated for more than an hour', () => {
    expect(healthOf({}, { nowMs: 1_000_000 + 3_600_000 }).health).toBe('Normal');
    expect(healthOf({}, { nowMs: 1_000_001 + 3_600_000 }).health).toBe('Warning');
  });

  it('is Warning during initial replication and while paused', () => {
    expect(healthOf({ committedCut: 0 }).health).toBe('Warning');
    expect(healthOf({ pausedAtMs: 5 }).reasons[0]).toEqual({
      kind: 'paused',
      text: 'Replication is paused; changes are still tracked.',
      sinceMs: 5,
    });
  });

  it('is Warning while the volume has no room for the log of a disk, and says what waits', () => {
    const unlogged = [{ disk: 'data.vhdx', sinceMs: 9, changedBytes: 5 * 1024 * 1024 }];
    expect(healthOf({}, { unlogged })).toEqual({
      health: 'Warning',
      reasons: [
        {
          kind: 'noLogRoom',
          text: 'The volume of data.vhdx is too full for the log: changes are remembered in a bitmap and sent without one; up to 5.00 MB of them wait to be sent.',
          sinceMs: 9,
          code: 'VOLUME_LOW_SPACE',
        },
      ],
    });
  });

  it('is Warning while retries climb the ladder and Critical when only the half-hourly ones are left', () => {
    const retry = { attempts: 5, firstFailureAtMs: 9, nextAttemptAtMs: 10, lastError };
    expect(healthOf({ retry }).health).toBe('Warning');
    expect(healthOf({ retry: { ...retry, attempts: 6 } }).health).toBe('Critical');
  });

  it('is Critical on a non-recoverable error and when marked for resynchronization, the cause in words', () => {
    const error = new ReplicationError('DISK_CHAIN_BROKEN', 'base.vhdx is gone.').toReport();
    expect(healthOf({ error }).reasons[0]).toMatchObject({ code: 'DISK_CHAIN_BROKEN' });
    const resync = { code: 'HRL_THRESHOLD' as const, message: 'The log reached 50 %.', sinceMs: 77 };
    expect(healthOf({ resync })).toEqual({
      health: 'Critical',
      reasons: [
        {
          kind: 'resync',
          text: 'Must be resynchronized: The log reached 50 %.',
          sinceMs: 77,
          code: 'HRL_THRESHOLD',
        },
      ],
    });
    expect(healthOf({ resync: { ...resync, askedAtMs: 78 } }).health).toBe('Critical');
  });

  it('is Warning while a resynchronization runs that a person asked for without need, Critical when it was cancelled', () => {
    const mark = {
      code: 'RESYNC_REQUIRED' as const,
      message: 'It has not ended.',
      sinceMs: 77,
      byHandOnly: true,
    };
    const askedAtMs = Date.UTC(2026, 10, 20, 22);
    const { health, reasons } = healthOf({ resync: { ...mark, askedAtMs } });
    expect(health).toBe('Warning');
    expect(reasons).toEqual([
      {
        kind: 'resyncAsked',
        text: 'It is being resynchronized, asked for by hand at 2026-11-20 22:00 UTC.',
        sinceMs: 77,
      },
    ]);
    expect(healthOf({ resync: { ...mark, askedAtMs }, pausedAtMs: 5 }).reasons[0]?.text).toContain(
      'goes on when replication does',
    );
    expect(healthOf({ resync: mark }).health).toBe('Critical');
  });
});
