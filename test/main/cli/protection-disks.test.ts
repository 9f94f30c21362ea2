import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobReport } from '../../../src/contract/job-reports.ts';
import type { StatusReport, VmStatus } from '../../../src/contract/reports.ts';
import { CliHarness, job, vmStatus } from './cli-harness.ts';

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
});
afterEach(() => cli.remove());

const added: Partial<VmStatus> = {
  health: 'Warning',
  healthReasons: [
    {
      kind: 'unprotectedDisk',
      text: 'more.vhdx was added to the VM and is not replicated.',
      sinceMs: Date.parse('2026-11-20T11:00:00Z'),
      code: 'DISK_NOT_PROTECTED',
    },
  ],
  unprotectedDisks: [
    {
      id: 'disk-9',
      name: 'more.vhdx',
      path: '/vms/WEB01/more.vhdx',
      sizeBytes: 16 * 1024 ** 2,
      since: '2026-11-20T11:00:00.000Z',
      cause: 'added',
    },
  ],
};

const status = (): StatusReport => ({
  host: '/vms',
  engineRunning: true,
  hostHealth: { health: 'Warning', reasons: [] },
  nextWindowAt: null,
  vms: [vmStatus(added)],
});

const ended = (included: string[], excluded: string[], copyJob: number | null): JobReport =>
  job({
    kind: 'disks',
    state: 'succeeded',
    result: { kind: 'disks', vm: 'WEB01', included, excluded, copyJob },
  });

describe('a disk that is not protected', () => {
  it('is in the status, with both ways out', async () => {
    cli.answer({ status });
    const { stdout } = await cli.run('status', 'WEB01');
    expect(stdout).toContain('Warning: more.vhdx was added to the VM and is not replicated.');
    expect(stdout).toContain('hvrc protection disks "WEB01" --include "more.vhdx"');
    expect(stdout).toMatch(/more\.vhdx +16\.0 MB.*NOT PROTECTED/);
  });

  it('is listed among the disks', async () => {
    cli.answer({ status });
    const { stdout } = await cli.run('protection', 'disks', 'WEB01');
    expect(stdout).toMatch(/web01\.vhdx? .*protected/);
    expect(stdout).toMatch(/more\.vhdx .*NOT PROTECTED/);
  });
});

describe('protection disks', () => {
  it('includes a disk and names the job that copies it', async () => {
    cli.answer({
      'protection.disks': () => ({ vm: 'WEB01', checks: [], job: job({ kind: 'disks' }) }),
      'job.wait': () => ended(['more.vhdx'], [], 18),
    });
    const { exitCode, stdout } = await cli.run('protection', 'disks', 'WEB01', '--include', 'more.vhdx');
    expect(exitCode).toBe(0);
    expect(cli.console.asked[0]?.params).toEqual({ vm: 'WEB01', include: ['more.vhdx'], exclude: [] });
    expect(stdout).toBe(
      'WEB01: more.vhdx included; recovery points have it once its first copy, job 18, is complete.\n',
    );
  });

  it('leaves disks out', async () => {
    cli.answer({
      'protection.disks': () => ({ vm: 'WEB01', checks: [], job: job({ kind: 'disks' }) }),
      'job.wait': () => ended([], ['a.vhdx', 'b.vhdx'], null),
    });
    const args = ['--exclude', 'a.vhdx', '--exclude', 'b.vhdx'];
    const { stdout } = await cli.run('protection', 'disks', 'WEB01', ...args);
    expect(cli.console.asked[0]?.params).toMatchObject({ exclude: ['a.vhdx', 'b.vhdx'] });
    expect(stdout).toContain('a.vhdx, b.vhdx left out: not replicated, and in no later recovery point.');
  });

  it('shows the checks alone and fails where one does', async () => {
    const check = {
      name: 'Log folder',
      outcome: 'fail',
      detail: 'takes no file',
      fix: 'Mend it.',
      error: null,
    };
    cli.answer({ 'protection.disks': () => ({ vm: 'WEB01', checks: [check], job: null }) });
    const { exitCode, stdout } = await cli.run('protection', 'disks', 'WEB01', '--include', 'x', '--check');
    expect(exitCode).toBe(1);
    expect(cli.console.asked[0]?.params).toMatchObject({ checkOnly: true });
    expect(stdout).toMatch(/Log folder +FAILED +takes no file[\s\S]*Mend it\./);
  });
});
