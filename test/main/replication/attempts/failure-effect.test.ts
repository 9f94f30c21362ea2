import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { failureEffect } from '../../../../src/main/replication/attempts/failure-effect.ts';

const failure = (code: ConstructorParameters<typeof ReplicationError>[0]) =>
  new ReplicationError(code, 'It failed.');
const lastError = failure('VAULT_UNREACHABLE').toReport();
const retry = { attempts: 1, firstFailureAtMs: 0, nextAttemptAtMs: 60_000, lastError };
const attempt = { tracksOnly: false, nowMs: 30_000 };

describe('a failure', () => {
  it('that only a comparison heals marks the VM when it is a cycle’s', () => {
    for (const code of [
      'HRL_MISSING',
      'TRACKING_DAMAGED',
      'REPLICA_MISSING',
      'DISK_CHANGED_GEOMETRY',
    ] as const) {
      expect(failureEffect(failure(code), 'cycle', null, attempt)).toBe('mark');
      expect(failureEffect(failure(code), 'resync', null, attempt)).toBe('stop');
      expect(failureEffect(failure(code), 'initial', null, attempt)).toBe('stop');
    }
  });

  it('that is non-recoverable stops replication, also while a retry waits', () => {
    expect(
      failureEffect(failure('DISK_CHAIN_BROKEN'), 'cycle', retry, { ...attempt, tracksOnly: true }),
    ).toBe('stop');
    expect(failureEffect(failure('UNKNOWN'), 'cycle', null, attempt)).toBe('stop');
  });

  it('that is recoverable climbs the retry schedule, but not by tracking between two attempts', () => {
    const error = failure('DISK_LOCKED');
    expect(failureEffect(error, 'cycle', null, attempt)).toBe('ladder');
    expect(failureEffect(error, 'cycle', retry, attempt)).toBe('ladder');
    expect(failureEffect(error, 'cycle', retry, { ...attempt, tracksOnly: true })).toBe('between');
    expect(failureEffect(error, 'cycle', retry, { tracksOnly: true, nowMs: 60_000 })).toBe('ladder');
    expect(failureEffect(error, 'cycle', null, { ...attempt, tracksOnly: true })).toBe('ladder');
  });
});
