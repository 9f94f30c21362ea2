import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type { AttemptRecord } from '../../../src/main/store/records.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const error = new ReplicationError('VAULT_UNREACHABLE', 'The share is away.').toReport();
const dayMs = 24 * 3_600_000;
const attempt = (
  vmId: string,
  atMs: number,
  outcome: 'succeeded' | 'failed' = 'succeeded',
): AttemptRecord => ({
  vmId,
  atMs,
  what: 'cycle',
  outcome,
  error: outcome === 'failed' ? error : null,
  nextAttemptAtMs: null,
});

describe('the attempts', () => {
  it('of a VM stay however many others there are: the newest 200, and failures for a week', () => {
    const { attempts, relaxed, close } = openStore(join(folder(), 'hvrc.db'));
    relaxed(() => {
      attempts.add(attempt('busy', 0, 'failed'));
      attempts.add(attempt('quiet', 0));
      for (let at = 1; at <= 6_000; at += 1) attempts.add(attempt('busy', at * 1000));
    });
    expect(attempts.list({ vmId: 'quiet' })).toHaveLength(1);
    const busy = attempts.list({ vmId: 'busy' });
    expect(busy).toHaveLength(201);
    expect(busy.map(({ outcome }) => outcome).indexOf('failed')).toBe(0);
    attempts.add(attempt('busy', 7 * dayMs + 1));
    expect(attempts.list({ vmId: 'busy' }).every(({ outcome }) => outcome === 'succeeded')).toBe(true);
    close();
  });

  it('that failed are bounded too', () => {
    const { attempts, relaxed, close } = openStore(join(folder(), 'hvrc.db'));
    relaxed(() => {
      for (let at = 0; at < 2_100; at += 1) attempts.add(attempt('vm-1', at, 'failed'));
    });
    expect(attempts.list({ vmId: 'vm-1' })).toHaveLength(2_000);
    close();
  });

  it('that an older version wrote are kept alike', () => {
    const path = join(folder(), 'hvrc.db');
    openStore(path).close();
    const older = new Database(path);
    older.exec(`DROP INDEX attempts_of_vm; ALTER TABLE attempts DROP COLUMN kept_until;
      CREATE INDEX attempts_of_vm ON attempts (vm_id, id); PRAGMA user_version = 4`);
    const insert = older.prepare('INSERT INTO attempts (vm_id, record) VALUES (?, ?)');
    for (const outcome of ['failed', 'succeeded'] as const)
      insert.run('vm-1', JSON.stringify(attempt('vm-1', 5, outcome)));
    older.close();
    const { attempts, relaxed, close } = openStore(path);
    expect(attempts.list()).toHaveLength(2);
    relaxed(() => {
      for (let at = 0; at < 200; at += 1) attempts.add(attempt('vm-1', 6));
    });
    const [first, second] = attempts.list({ vmId: 'vm-1' });
    expect([first?.outcome, second?.atMs]).toEqual(['failed', 6]);
    close();
  });
});
