import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type {
  EventRecord,
  JobRecord,
  ProtectedDiskRecord,
  ProtectionRecord,
} from '../../../src/main/store/records.ts';
import { openStore, type Store } from '../../../src/main/store/store.ts';

const protection: ProtectionRecord = {
  vmId: 'vm-1',
  name: 'Mail',
  path: '/vms/Mail',
  vaultName: 'nas',
  frequencySeconds: 30,
  retentionPoints: 24,
  state: 'Replicating',
  pausedAtMs: null,
  protectedAtMs: 1,
  cut: 7,
  committedCut: 6,
  lastSyncAtMs: 5,
  committedConsistency: 'crash',
  unsent: null,
  shipment: { cut: 7, takenAtMs: 6, consistency: 'fuzzy', sequence: 3, logs: null },
  direct: { cut: 8, takenAtMs: 7, consistency: 'crash', disks: [{ diskId: 'disk-1', stamps: null }] },
  nextSequence: 4,
  lastCycle: null,
  nextCycleAtMs: 9,
  retry: {
    attempts: 2,
    firstFailureAtMs: 3,
    nextAttemptAtMs: 4,
    lastError: new ReplicationError('VAULT_UNREACHABLE', 'The share is gone.').toReport(),
  },
  error: null,
  resync: null,
};

const disk: ProtectedDiskRecord = {
  vmId: 'vm-1',
  diskId: 'disk-1',
  name: 'system.vhdx',
  path: '/vms/Mail/system.avhdx',
  rootPath: '/vms/Mail/system.vhdx',
  sizeBytes: 64 * 2 ** 40,
  sectorBytes: 512,
  format: 'vhdx',
  isOs: true,
  excluded: false,
  lineage: null,
  phase: 'initial',
  logBaseCut: 6,
  initialStamps: null,
  lastScan: { cut: 6, stamps: [{ path: '/vms/Mail/system.vhdx', sizeBytes: 4096, changedNs: '17' }] },
  hrl: { bytes: 0, degraded: null },
};

const job: JobRecord = {
  kind: 'cycle',
  vmId: 'vm-1',
  vm: 'Mail',
  state: 'running',
  steps: [{ name: 'Scan', state: 'running', startedAt: null, endedAt: null, percent: 12.5 }],
  startedAtMs: 1,
  endedAtMs: null,
  percent: null,
  error: null,
  nextAttemptAtMs: null,
  result: null,
};

const event = (text: string, vmId: string | null = null): EventRecord => ({
  atMs: 1,
  level: 'info',
  code: null,
  vmId,
  vm: null,
  disk: null,
  text,
});

const thrownBy = (work: () => unknown): ReplicationError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ReplicationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

let directory: string;
let path: string;
const opened: Store[] = [];
const open = (): Store => {
  const store = openStore(path);
  opened.push(store);
  return store;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hvrc-store-'));
  path = join(directory, 'hvrc.db');
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(directory, { recursive: true });
});

describe('the store', () => {
  it('gives back after reopening exactly what was put', () => {
    const store = open();
    store.protections.put(protection);
    store.protectedDisks.put(disk);
    store.close();
    const again = open();
    expect(again.protections.get('vm-1')).toEqual(protection);
    expect(again.protectedDisks.list('vm-1')).toEqual([disk]);
    expect(again.protectedDisks.get('vm-1', 'disk-1')).toEqual(disk);
    expect(again.protections.get('vm-2')).toBeNull();
  });

  it('keeps the disks of a VM when its protection is put again, and removes them with it', () => {
    const store = open();
    store.protections.put(protection);
    store.protectedDisks.put(disk);
    store.protections.put({ ...protection, cut: 8 });
    expect(store.protectedDisks.list('vm-1')).toHaveLength(1);
    expect(store.protections.remove('vm-1')).toBe(true);
    expect(store.protectedDisks.list()).toEqual([]);
    expect(store.protections.remove('vm-1')).toBe(false);
  });

  it('refuses a disk without a protection', () => {
    expect(thrownBy(() => open().protectedDisks.put(disk)).code).toBe('STORE_FAILED');
  });

  it('does all of a transaction or nothing of it', () => {
    const store = open();
    expect(() =>
      store.transaction(() => {
        store.protections.put(protection);
        store.events.add(event('half'));
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect(store.protections.list()).toEqual([]);
    expect(store.events.list()).toEqual([]);
  });

  it('refuses a transaction that would go on after it was committed', () => {
    const store = open();
    expect(() => store.transaction(async () => store.protections.put(protection))).toThrow(/promise/);
    expect(store.protections.list()).toEqual([]);
  });

  it('refuses to write a record that it could not read back', () => {
    const store = open();
    expect(() => store.protections.put({ ...protection, cut: Number.NaN })).toThrow();
    expect(() => store.protections.put({ ...protection, cut: -1 })).toThrow();
    expect(store.protections.list()).toEqual([]);
  });

  it('checks a setting against its schema both ways', () => {
    const store = open();
    const asNumber = { key: 'limit', schema: z.number() };
    expect(store.settings.get(asNumber)).toBeNull();
    store.settings.put(asNumber, 7);
    expect(store.settings.get(asNumber)).toBe(7);
    expect(thrownBy(() => store.settings.get({ key: 'limit', schema: z.string() })).code).toBe(
      'STORE_DAMAGED',
    );
    store.settings.remove(asNumber);
    expect(store.settings.get(asNumber)).toBeNull();
  });

  it('numbers jobs for good and finds those that an earlier run left', () => {
    const store = open();
    const first = store.jobs.add(job);
    const second = store.jobs.add({ ...job, state: 'waitingForRetry' });
    store.jobs.put(first, { ...job, state: 'succeeded', endedAtMs: 2 });
    store.close();
    const again = open();
    expect(again.jobs.notEnded().map(({ id }) => id)).toEqual([second]);
    expect(again.jobs.get(first)).toMatchObject({ id: first, state: 'succeeded', steps: job.steps });
    expect(again.jobs.add(job)).toBe(second + 1);
  });

  it('lists events by VM, the newest, and those after a given one', () => {
    const store = open();
    const ids = ['a', 'b', 'c', 'd'].map((text, at) =>
      store.events.add(event(text, at % 2 === 0 ? 'vm-1' : null)),
    );
    const texts = (query: Parameters<typeof store.events.list>[0]) =>
      store.events.list(query).map(({ text }) => text);
    expect(texts({})).toEqual(['a', 'b', 'c', 'd']);
    expect(texts({ limit: 2 })).toEqual(['c', 'd']);
    expect(texts({ sinceId: ids[0]!, limit: 2 })).toEqual(['b', 'c']);
    expect(texts({ vmId: 'vm-1' })).toEqual(['a', 'c']);
  });

  it('forgets the oldest events beyond ten thousand, but no job that has not ended', () => {
    const store = open();
    const waiting = store.jobs.add({ ...job, state: 'waitingForWindow' });
    store.transaction(() => {
      for (let at = 0; at < 10_050; at++) store.events.add(event(String(at)));
      for (let at = 0; at < 2_050; at++) store.jobs.add({ ...job, state: 'succeeded', endedAtMs: 2 });
    });
    expect(store.events.list()).toHaveLength(10_000);
    expect(store.events.list()[0]?.text).toBe('50');
    expect(store.jobs.list().length).toBeLessThanOrEqual(2_001);
    expect(store.jobs.notEnded().map(({ id }) => id)).toEqual([waiting]);
  });

  it('keeps every committed transaction when the process is killed', () => {
    const source = new URL('../../../src/main/store/store.ts', import.meta.url).href;
    const script = `
      const { openStore } = await import(${JSON.stringify(source)});
      const store = openStore(${JSON.stringify(path)});
      const protection = ${JSON.stringify(protection)};
      for (let cut = 1; cut <= 50; cut++) store.transaction(() => {
        store.protections.put({ ...protection, cut });
        store.events.add(${JSON.stringify(event('cut'))});
      });
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(child.signal ?? child.status, child.stderr).not.toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(true);
    const store = open();
    expect(store.protections.get('vm-1')?.cut).toBe(50);
    expect(store.events.list()).toHaveLength(50);
  });
});

describe('a database that cannot be used', () => {
  it('is called damaged and left byte for byte as it was', () => {
    const store = open();
    store.transaction(() => {
      for (let at = 0; at < 200; at++) store.events.add(event(`event ${at}`, 'vm-1'));
    });
    store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xee, 4096, bytes.length - 4096);
    writeFileSync(path, bytes);
    const error = thrownBy(open);
    expect(error.code).toBe('STORE_DAMAGED');
    expect(error.file).toBe(path);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('is called damaged when it is no database at all', () => {
    writeFileSync(path, 'this is a text file, and longer than a header of SQLite would be: '.repeat(20));
    expect(thrownBy(open).code).toBe('STORE_DAMAGED');
  });

  it('is not taken over when it belongs to another program', () => {
    const other = new Database(path);
    other.exec('CREATE TABLE recipes (name TEXT)');
    other.close();
    expect(thrownBy(open).message).toContain('another program');
  });

  it('is refused when a newer version wrote it', () => {
    open().close();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();
    expect(thrownBy(open).code).toBe('STORE_UNSUPPORTED');
  });

  it('is called damaged when a record is not what its schema says', () => {
    const store = open();
    store.protections.put(protection);
    store.close();
    const other = new Database(path);
    other.exec(`UPDATE protections SET record = '{"vmId":"vm-1"}'`);
    other.close();
    expect(thrownBy(() => open().protections.list()).code).toBe('STORE_DAMAGED');
  });

  it('is named when there can be no such directory', () => {
    writeFileSync(join(directory, 'file'), '');
    path = join(directory, 'file', 'hvrc.db');
    expect(thrownBy(open).code).toBe('DATA_DIRECTORY_UNUSABLE');
  });

  it('is created with the directories above it', () => {
    path = join(directory, 'a', 'b', 'hvrc.db');
    expect(open().vaults.list()).toEqual([]);
  });
});
