import { afterAll, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type { RetriesReport } from '../../../src/contract/retries.ts';
import { CliHarness } from './cli-harness.ts';

const cli = new CliHarness();
afterAll(() => cli.remove());
const lastError = new ReplicationError('VAULT_UNREACHABLE', 'The share is away.').toReport();
const report: RetriesReport = {
  vmId: 'id',
  vm: 'WEB01',
  state: 'waiting',
  attempts: 1,
  firstFailureAt: '2026-01-02T10:00:00.000Z',
  lastError,
  action: { text: lastError.nextStep, request: 'retry.now' },
  past: [
    {
      id: 1,
      startedAt: '2026-01-02T10:00:00.000Z',
      endedAt: '2026-01-02T10:00:01.000Z',
      what: 'cycle',
      outcome: 'failed',
      error: lastError,
      nextAttemptAt: '2026-01-02T10:01:00.000Z',
    },
  ],
  future: [
    { number: 2, at: '2026-01-02T10:01:00.000Z', stepMinutes: 1 },
    { number: 3, at: '2026-01-02T10:03:00.000Z', stepMinutes: 2 },
  ],
};

describe('hvrc retries', () => {
  it('prints past and future attempts, and how to go on at once', async () => {
    cli.answer({ retries: () => report });
    const { exitCode, stdout } = await cli.run('retries', 'WEB01');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Replication cycle +failed +The share is away\. \[VAULT_UNREACHABLE\]/);
    expect(stdout).toMatch(/Attempt 3 +to come +2 min after/);
    expect(stdout).toContain('hvrc retry WEB01');
  });

  it('says what to do when nothing is tried by itself', async () => {
    cli.answer({ retries: () => ({ ...report, state: 'stopped', future: [] }) });
    const { stdout } = await cli.run('retries', 'WEB01');
    expect(stdout).toContain('Nothing is tried by itself.');
  });
});
