import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliHarness } from './cli-harness.ts';

const period = {
  cyclesDone: 10,
  cyclesDue: 12,
  cyclesMissed: 2,
  errors: 3,
  averageSizeBytes: 1024,
  maximumSizeBytes: 4096,
  averageLatencySeconds: 2.5,
  maximumLatencySeconds: 9,
};
const report = {
  vmId: 'vm-1',
  vm: 'WEB01',
  from: '2026-11-20T09:00:00.000Z',
  to: '2026-11-20T12:00:00.000Z',
  ...period,
  pendingBytes: 2048,
  lastSyncAt: '2026-11-20T11:58:00.000Z',
  lastTestFailoverAt: null,
  history: [{ from: '2026-11-20T09:00:00.000Z', to: '2026-11-20T10:00:00.000Z', ...period }],
};

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
});
afterEach(() => cli.remove());

describe('stats', () => {
  it('shows what Hyper-V shows of an interval', async () => {
    cli.answer({ 'vm.statistics': () => report });
    const { stdout } = await cli.run('stats', 'WEB01');
    expect(stdout).toMatch(/Cycles done +10 of 12/);
    expect(stdout).toMatch(/Missed cycles +2/);
    expect(stdout).toMatch(/Last test failover +never/);
  });

  it('resets only when asked to', async () => {
    cli.answer({ 'vm.statistics.reset': () => report });
    expect((await cli.run('stats', 'WEB01', '--reset', '--json')).exitCode).toBe(0);
  });

  it('writes the history as CSV into a new file, and into no other', async () => {
    cli.answer({ 'vm.statistics': () => report });
    const path = join(cli.directory, 'web01.csv');
    expect((await cli.run('stats', 'WEB01', '--csv', 'web01.csv')).exitCode).toBe(0);
    expect(readFileSync(path, 'utf8').split('\r\n')).toEqual([
      'from,to,cyclesDone,cyclesDue,cyclesMissed,errors,averageSizeBytes,maximumSizeBytes,averageLatencySeconds,maximumLatencySeconds',
      '"2026-11-20T09:00:00.000Z","2026-11-20T10:00:00.000Z",10,12,2,3,1024,4096,2.5,9',
      '',
    ]);
    writeFileSync(path, 'mine');
    const again = await cli.run('stats', 'WEB01', '--csv', 'web01.csv');
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain('DISK_TARGET_EXISTS');
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

describe('events', () => {
  it('asks for those that fit and exports them page by page', async () => {
    const event = (id: number) => ({
      id,
      at: '2026-11-20T11:00:00.000Z',
      level: 'warning' as const,
      code: null,
      class: null,
      vmId: 'vm-1',
      vm: '=WEB01',
      disk: null,
      text: 'He said "no"',
    });
    const asked: unknown[] = [];
    cli.answer({
      events: (query: { sinceId?: number }) => {
        asked.push(query);
        const from = query.sinceId ?? 0;
        return Array.from({ length: Math.min(1000, 1500 - from) }, (_, index) => event(from + index + 1));
      },
    });
    const { exitCode } = await cli.run(
      'events',
      '--level',
      'warning',
      '--since',
      '2h',
      '--csv',
      'events.csv',
    );
    expect(exitCode).toBe(0);
    expect(asked).toEqual([
      { limit: 1000, level: 'warning', since: '2026-11-20T10:00:00.000Z', sinceId: 0 },
      { limit: 1000, level: 'warning', since: '2026-11-20T10:00:00.000Z', sinceId: 1000 },
    ]);
    const lines = readFileSync(join(cli.directory, 'events.csv'), 'utf8').split('\r\n');
    expect(lines).toHaveLength(1502);
    expect(lines[1]).toBe('1,"2026-11-20T11:00:00.000Z","warning",,,"\'=WEB01",,"He said ""no"""');
  });

  it('refuses a time it does not understand before it asks the engine', async () => {
    const { exitCode } = await cli.run('events', '--since', 'yesterday');
    expect(exitCode).toBe(2);
    expect(cli.opened).toBe(0);
    expect(existsSync(join(cli.directory, 'events.csv'))).toBe(false);
  });
});
