import { describe, expect, it } from 'vitest';
import type { VmSummary } from '../../src/contract/host-reports.ts';
import type { DiskStatus, Progress, VmStatus } from '../../src/contract/reports.ts';
import { siteSentence } from '../../src/renderer/stores/site-sentence.ts';
import { emptySite, withPushes, withStatusReport } from '../../src/renderer/stores/site-store.ts';
import { actionFor, joinProgress, vmRows } from '../../src/renderer/stores/vm-rows.ts';
import { vmStatus } from '../support/vm-status.ts';

const now = 1_000_000;

const disk = (changes: Partial<DiskStatus> = {}): DiskStatus => ({
  id: 'd',
  name: 'system.vhdx',
  path: 'system.vhdx',
  format: 'vhdx',
  sizeBytes: 1000,
  replica: null,
  excluded: false,
  hrl: { path: 'system.vhdx.hrl', bytes: 10, thresholdBytes: 500, thresholdAt: null, degraded: null },
  progress: null,
  error: null,
  ...changes,
});

const vm = (name: string, changes: Partial<VmStatus> = {}) => vmStatus(name, { disks: [disk()], ...changes });

const summary = (name: string, isProtected = false): VmSummary => ({
  id: name,
  name,
  path: name,
  generation: 2,
  protected: isProtected,
  vault: null,
  state: 'Disabled',
  health: null,
  sizeBytes: 1,
  disks: [],
  unreadable: [],
  problems: [],
});

const site = (statuses: readonly VmStatus[], summaries: readonly VmSummary[] = []) => ({
  ...withStatusReport(
    emptySite,
    {
      host: null,
      engineRunning: true,
      hostHealth: { health: 'Normal', reasons: [] },
      nextWindowAt: null,
      vms: statuses,
    },
    now,
  ),
  summaries,
});

const progress = (changes: Partial<Progress> = {}): Progress => ({
  phase: 'initial',
  doneBytes: 10,
  skippedBytes: 5,
  totalBytes: 100,
  rateBytesPerSecond: null,
  etaSeconds: null,
  resumedAt: null,
  blockedOn: null,
  ...changes,
});

describe('the list of VMs', () => {
  it('has the worst first, those without protection last, each VM once', () => {
    const statuses = [vm('b'), vm('a'), vm('w', { health: 'Warning' }), vm('c', { health: 'Critical' })];
    const rows = vmRows(site(statuses, [summary('free'), summary('a', true)]), now);
    expect(rows.map(({ name }) => name)).toEqual(['c', 'w', 'a', 'b', 'free']);
  });

  it('lets the RPO grow between pushes', () => {
    expect(vmRows(site([vm('a')]), now + 30_000)[0]?.rpoSeconds).toBe(70);
  });

  it('shows the log that is nearest to its limit', () => {
    const near = { path: 'x', bytes: 400, thresholdBytes: 500, thresholdAt: null, degraded: null };
    const far = { path: 'y', bytes: 900, thresholdBytes: 5000, thresholdAt: null, degraded: null };
    const untracked = { path: null, bytes: 0, thresholdBytes: 0, thresholdAt: null, degraded: null };
    const [row] = vmRows(site([vm('a', { disks: [far, near, untracked].map((hrl) => disk({ hrl })) })]), now);
    expect(row?.fullestLog).toBe(near);
  });

  it('takes up pushes: a newer status, and a VM that is protected no longer', () => {
    const pushed = withPushes(
      site([vm('a'), vm('b')]),
      [
        { kind: 'status', status: vm('a', { health: 'Critical' }) },
        { kind: 'unprotected', vmId: 'b' },
      ],
      now,
    );
    expect(vmRows(pushed, now).map(({ name, status }) => [name, status?.health])).toEqual([
      ['a', 'Critical'],
    ]);
  });

  it('adds up what the disks of a VM do, and says what moves rather than what waits', () => {
    const disks = [
      disk({ progress: progress({ blockedOn: 'waiting for its turn' }) }),
      disk({ progress: progress({ rateBytesPerSecond: 7, etaSeconds: 9, resumedAt: 0.5 }) }),
      disk(),
    ];
    expect(joinProgress(disks)).toEqual(
      progress({
        doneBytes: 20,
        skippedBytes: 10,
        totalBytes: 200,
        rateBytesPerSecond: 7,
        etaSeconds: 9,
        resumedAt: 0.5,
      }),
    );
    expect(joinProgress([disk()])).toBeNull();
  });
});

describe('the sentence on top', () => {
  const sentence = (statuses: readonly VmStatus[], summaries: readonly VmSummary[] = []) =>
    siteSentence(vmRows(site(statuses, summaries), now), now);

  it('says that all is well', () => {
    expect(sentence([vm('a'), vm('b')])).toBe('All 2 VMs are protected.');
    expect(sentence([vm('a')])).toBe('The VM is protected.');
  });

  it('counts those without protection', () => {
    expect(sentence([vm('a')], [summary('b')])).toBe('1 of 2 VMs is protected.');
    expect(sentence([], [summary('b')])).toBe('0 of 1 VMs are protected.');
  });

  it('takes a first copy for what it is, not for trouble', () => {
    const copying = (name: string) =>
      vm(name, {
        health: 'Warning',
        lastSyncAt: null,
        healthReasons: [{ kind: 'initial', text: 'Not complete.', sinceMs: 0 }],
      });
    expect(sentence([vm('a'), copying('b')])).toBe(
      'All 2 VMs are protected. b is being copied for the first time.',
    );
    expect(sentence([copying('a'), copying('b')])).toContain('2 VMs are being copied');
  });

  it('says the title of an error rather than all of it', () => {
    const text =
      'The last attempt failed: The vault /mnt/nas cannot be reached: /mnt/nas/vault.json is not there.';
    const reasons = [{ kind: 'retrying' as const, text, sinceMs: 0, code: 'VAULT_UNREACHABLE' as const }];
    expect(sentence([vm('a', { health: 'Warning', healthReasons: reasons })])).toBe(
      'The VM is protected. a: The vault cannot be reached.',
    );
  });

  it('names the VM in the worst health and why', () => {
    const reasons = [{ kind: 'retrying' as const, text: 'The vault cannot be reached.', sinceMs: 0 }];
    const worst = vm('FILESRV', { health: 'Critical', healthReasons: reasons });
    expect(sentence([vm('a', { health: 'Warning' }), worst])).toBe(
      'All 2 VMs are protected. FILESRV: The vault cannot be reached. 1 other VM needs attention too.',
    );
  });
});

describe('the action offered', () => {
  it.each([
    [{}, 'sync'],
    [{ activity: 'Sending changes' }, null],
    [{ paused: true }, 'resume'],
    [{ state: 'Error' }, 'tryAgain'],
    [{ state: 'WaitingForStartResynchronize' }, 'resync'],
    [{ state: 'Resynchronizing' }, null],
    [{ state: 'WaitingForInitialReplication' }, null],
  ] as const)('for %j is %s', (changes, action) => {
    expect(actionFor(vm('a', changes))).toBe(action);
  });
});
