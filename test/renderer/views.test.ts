import { describe, expect, it } from 'vitest';
import { eventCsv } from '../../src/contract/event-csv.ts';
import type { VmSummary } from '../../src/contract/host-reports.ts';
import type { EventReport } from '../../src/contract/reports.ts';
import { arrangeRows } from '../../src/renderer/stores/table-order.ts';
import type { VmRow } from '../../src/renderer/stores/vm-rows.ts';
import {
  type Plan,
  protectParams,
  retentionOf,
  sizesOf,
} from '../../src/renderer/views/protect/plan-protection.ts';
import { ladderOf } from '../../src/renderer/views/vm/ladder.ts';

describe('the ladder of retries', () => {
  const states = (attempts: number) => ladderOf({ attempts }).map(({ state }) => state);
  it.each([
    [1, ['next', 'later', 'later', 'later', 'later', 'later']],
    [3, ['failed', 'failed', 'next', 'later', 'later', 'later']],
    [6, ['failed', 'failed', 'failed', 'failed', 'failed', 'next']],
    [40, ['failed', 'failed', 'failed', 'failed', 'failed', 'next']],
  ])('after %d failures', (attempts, expected) => expect(states(attempts)).toEqual(expected));

  it('has the steps of the rules, the last one repeated', () => {
    expect(ladderOf({ attempts: 1 }).map(({ minutes }) => minutes)).toEqual([1, 2, 4, 8, 10, 30]);
    expect(ladderOf({ attempts: 1 }).filter(({ repeats }) => repeats)).toHaveLength(1);
  });
});

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
    problems: [],
  };
  const plan: Plan = {
    vms: new Set(['v']),
    excluded: new Set(['system', 'data']),
    vault: 'nas',
    frequencySeconds: 300,
    retention: ' 24 ',
  };

  it('leaves out a disk, but never the operating system’s', () => {
    expect(protectParams(vm, plan)).toEqual({
      vm: 'v',
      vault: 'nas',
      frequencySeconds: 300,
      retentionPoints: 24,
      exclude: ['data'],
    });
    expect(sizesOf([vm], plan)).toEqual({ copyBytes: 1000, logBytes: 500 });
  });

  it('is not complete without a vault or with a senseless number of points', () => {
    expect(protectParams(vm, { ...plan, vault: null })).toBeNull();
    for (const retention of ['', '0', '-1', '1.5', '1001', 'many', '1e3'])
      expect(retentionOf({ retention })).toBeNull();
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
