import { describe, expect, it } from 'vitest';
import { eventCsv } from '../../src/contract/event-csv.ts';
import type { VmSummary } from '../../src/contract/host-reports.ts';
import type { JobReport } from '../../src/contract/job-reports.ts';
import type { EventReport, VmStatus } from '../../src/contract/reports.ts';
import { defaultSettings } from '../../src/contract/settings.ts';
import type { ReceivedStatus } from '../../src/renderer/stores/site-store.ts';
import { arrangeRows } from '../../src/renderer/stores/table-order.ts';
import type { VmRow } from '../../src/renderer/stores/vm-rows.ts';
import { estimateCopy } from '../../src/renderer/views/protect/estimate.ts';
import {
  isPolicyComplete,
  type Plan,
  protectParams,
  retentionOf,
  sizesOf,
  startOf,
} from '../../src/renderer/views/protect/plan-protection.ts';

describe('the plan of the wizard', () => {
  const disk = (id: string, isOperatingSystem: boolean): VmSummary['disks'][number] => ({
    id,
    name: `${id}.vhdx`,
    path: id,
    format: 'vhdx',
    kind: 'dynamic',
    sizeBytes: 1000,
    logicalSectorBytes: 512,
    isOperatingSystem,
    files: [id],
  });
  const vm: VmSummary = {
    id: 'v',
    name: 'FILESRV',
    path: 'v',
    generation: 2,
    protected: false,
    vault: null,
    state: 'Disabled',
    health: null,
    sizeBytes: 2000,
    disks: [disk('system', true), disk('data', false)],
    unreadable: [],
    problems: [],
  };
  const plan: Plan = {
    vms: new Set(['v']),
    excluded: new Set(['system', 'data']),
    vault: 'nas',
    frequencySeconds: 300,
    retention: ' 24 ',
    startTime: null,
  };
  const now = new Date(2026, 4, 3, 12, 30).getTime();

  it('leaves out a disk, but never the operating system’s', () => {
    expect(protectParams(vm, plan, now)).toEqual({
      vm: 'v',
      vault: 'nas',
      frequencySeconds: 300,
      retentionPoints: 24,
      exclude: ['data'],
    });
    expect(sizesOf([vm], plan)).toEqual({ copyBytes: 1000, logBytes: 500 });
  });

  it('is not complete without a vault or with a senseless number of points', () => {
    expect(protectParams(vm, { ...plan, vault: null }, now)).toBeNull();
    for (const retention of ['', '0', '-1', '1.5', '1001', 'many', '1e3'])
      expect(retentionOf({ retention })).toBeNull();
  });

  it('begins the first copy at the next such time of day, today or tomorrow', () => {
    expect(startOf('22:00', now)).toEqual(new Date(2026, 4, 3, 22, 0));
    expect(startOf('12:30', now)).toEqual(new Date(2026, 4, 4, 12, 30));
    expect(protectParams(vm, { ...plan, startTime: '06:15' }, now)).toMatchObject({
      startAt: new Date(2026, 4, 4, 6, 15).toISOString(),
    });
  });

  it('is not complete with a time that is none', () => {
    for (const startTime of ['', '24:00', '7:5', 'noon']) {
      expect(isPolicyComplete({ ...plan, startTime })).toBe(false);
      expect(protectParams(vm, { ...plan, startTime }, now)).toBeNull();
    }
  });
});

describe('the estimate of the wizard', () => {
  const mebibyte = 2 ** 20;
  const copied = (id: number, vmId: string, megabytes: number, seconds: number): JobReport => ({
    id,
    kind: 'initial',
    vmId,
    vm: vmId,
    state: 'succeeded',
    blockedOn: null,
    canCancel: false,
    canRestart: false,
    steps: [],
    startedAt: '2026-01-02T03:04:05.000Z',
    endedAt: '2026-01-02T03:05:05.000Z',
    percent: 100,
    error: null,
    nextAttemptAt: null,
    result: {
      kind: 'initial',
      vm: vmId,
      sentBytes: megabytes * mebibyte,
      skippedBytes: 0,
      durationMs: seconds * 1000,
      consistency: 'crash',
      point: null,
    },
  });
  const into = (vault: string): ReceivedStatus => ({
    status: { vault } as VmStatus,
    receivedAtMs: 0,
  });
  const statuses = new Map([
    ['here', into('nas')],
    ['elsewhere', into('cloud')],
  ]);
  const nas = { name: 'nas', kind: 'directory' } as const;

  it('goes by what earlier copies into the same vault reached', () => {
    const jobs = [
      copied(1, 'here', 100, 10),
      copied(2, 'here', 200, 10),
      copied(3, 'here', 900, 10),
      copied(4, 'elsewhere', 5000, 10),
      copied(5, 'here', 1, 10),
    ];
    expect(estimateCopy(400 * mebibyte, nas, { jobs, statuses, bandwidth: null })).toEqual({
      seconds: 20,
      bytesPerSecond: 20 * mebibyte,
      basis: 'measured',
    });
  });

  it('says that it assumes where nothing was measured, and keeps to the lower limit', () => {
    const known = { jobs: [], statuses };
    expect(estimateCopy(1, nas, { ...known, bandwidth: null }).basis).toBe('assumed');
    const bandwidth = { ...defaultSettings.bandwidth, workHoursBps: 8_000_000, otherBps: 80_000_000 };
    expect(estimateCopy(10_000_000, nas, { ...known, bandwidth })).toEqual({
      seconds: 10,
      bytesPerSecond: 1_000_000,
      basis: 'limited',
    });
  });
});

describe('the order of the table', () => {
  const row = (name: string, rpoSeconds: number | null): VmRow => ({
    id: name,
    name,
    sizeBytes: 0,
    status: null,
    rpoSeconds,
    fullestLog: null,
    progress: null,
    action: null,
  });
  const rows = [row('b', 5), row('none', null), row('a', 90)];
  const names = (column: 'vm' | 'rpo' | 'health', descending: boolean) =>
    arrangeRows(rows, 'all', '', { column, descending }).map(({ name }) => name);

  it('keeps what has no figure at the end, either way', () => {
    expect(names('rpo', false)).toEqual(['b', 'a', 'none']);
    expect(names('rpo', true)).toEqual(['a', 'b', 'none']);
  });

  it('is by name, or as the rows come', () => {
    expect(names('vm', false)).toEqual(['a', 'b', 'none']);
    expect(names('health', false)).toEqual(['b', 'none', 'a']);
  });

  it('finds a part of a name in whatever case', () => {
    const found = arrangeRows(rows, 'all', ' NO', { column: 'vm', descending: false });
    expect(found.map(({ name }) => name)).toEqual(['none']);
  });
});

describe('events as CSV', () => {
  const event = (text: string): EventReport => ({
    id: 1,
    at: '2026-01-02T03:04:05.000Z',
    level: 'info',
    code: null,
    class: null,
    vmId: null,
    vm: 'WEB01',
    disk: null,
    text,
  });

  it('quotes what has quotes, and has a line for each event', () => {
    expect(eventCsv([event('said "no", twice')])).toBe(
      'id,at,level,code,class,vm,disk,text\r\n1,"2026-01-02T03:04:05.000Z","info",,,"WEB01",,"said ""no"", twice"\r\n',
    );
  });

  it('keeps a spreadsheet from taking a text for a formula', () => {
    expect(eventCsv([event('=HYPERLINK("x")')])).toContain(`"'=HYPERLINK(""x"")"`);
  });
});
