import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { judgeHealth } from '../../../src/main/replication/health.ts';
import { protectionRecord } from '../../support/records.ts';

const facts = { nowMs: 1_200_000, cyclesDue: 100, cyclesMissed: 20, unlogged: [] };
const lastError = new ReplicationError('VAULT_UNREACHABLE', 'The share is away.').toReport();

const healthOf = (change: Parameters<typeof protectionRecord>[0], moreFacts = {}) =>
  judgeHealth(protectionRecord(change), { ...facts, ...moreFacts });

describe('health', () => {
  it('is Normal while cycles succeed, and gives no reasons', () => {
    expect(healthOf({})).toEqual({ health: 'Normal', reasons: [] });
  });

  it('is Warning when more than 20 % of the cycles were missed', () => {
    expect(healthOf({}, { cyclesMissed: 21 }).health).toBe('Warning');
  });

  it('is Warning when nothing was replicated for more than an hour', () => {
    expect(healthOf({}, { nowMs: 1_000_000 + 3_600_000 }).health).toBe('Normal');
    expect(healthOf({}, { nowMs: 1_000_001 + 3_600_000 }).health).toBe('Warning');
  });

  it('is Warning during initial replication and while paused', () => {
    expect(healthOf({ committedCut: 0 }).health).toBe('Warning');
    expect(healthOf({ pausedAtMs: 5 }).reasons[0]).toEqual({
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
          text: 'The volume of data.vhdx is too full for the log: changes are remembered in a bitmap and sent without one; up to 5 MiB of them wait to be sent.',
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
        { text: 'Must be resynchronized: The log reached 50 %.', sinceMs: 77, code: 'HRL_THRESHOLD' },
      ],
    });
  });
});
