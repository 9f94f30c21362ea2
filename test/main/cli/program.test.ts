import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { commandGroups } from '../../../src/main/cli/command-groups.ts';
import { CliHarness, vmStatus } from './cli-harness.ts';

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
});
afterEach(() => cli.remove());

const failing = (error: Error) => () => {
  throw error;
};

describe('the help', () => {
  it.each([
    'sample',
    'host use',
    'host show',
    'vm list',
    'vm show',
    'vault add',
    'vault open',
    'vault list',
    'vault check',
    'disk info',
    'disk map',
    'disk compare',
    'disk convert',
    'hrl inspect',
    'status',
    'stats',
    'protect',
    'protection disks',
    'unprotect',
    'sync',
    'pause',
    'resume',
    'retry',
    'resync',
    'verify',
    'points',
    'restore',
    'jobs',
    'job',
    'events',
    'error',
    'support-bundle',
    'run',
    'stop',
    'engine',
  ])('of %s says what it does and gives an example of it', async (command) => {
    const { exitCode, stdout } = await cli.run(...command.split(' '), '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: hvrc ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ hvrc ${command}`));
    expect(stdout).toContain('--json');
  });

  it('lists every command under a heading', async () => {
    const { stdout } = await cli.run('--help');
    const headings = [...stdout.matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Options',
      'Set up',
      'Protect',
      'Watch',
      'Recover',
      'Look into files',
      'Engine',
      'Examples',
    ]);
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
    for (const [heading, names] of Object.entries(commandGroups))
      expect(readme).toContain(
        `| ${heading.slice(0, -1)} | ${names.map((name) => `\`${name}\``).join(', ')} |`,
      );
    for (const name of Object.values(commandGroups).flat())
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  });

  it('opens no engine', async () => {
    await cli.run('--help');
    expect(cli.opened).toBe(0);
  });
});

describe('wrong usage', () => {
  it.each([
    [['protect', 'WEB01'], '--vault'],
    [['protect', 'WEB01', '--vault', 'nas', '--frequency', '60'], '30, 300, 900'],
    [['jobs', '--limit', '0'], 'from 1 to 1000'],
    [['job', 'x'], 'whole number'],
    [['sample', 'x', '--rate', '-1'], 'above 0'],
    [['pausse', 'WEB01'], 'Did you mean pause?'],
    [['status', 'a', 'b'], 'Too many arguments'],
    [['restore', 'WEB01', '--to', 'x', '--format', 'vmdk'], 'raw, vhd, vhdx'],
    [['vault', 'add', '../x', '/v'], 'name'],
    [['status', ''], 'vm'],
  ])('%j ends with code 2 and names the mistake', async (args, mistake) => {
    const { exitCode, stdout, stderr } = await cli.run(...args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^hvrc: /);
    expect(stderr).toContain(mistake);
    expect(cli.opened).toBe(0);
  });

  it('is JSON for programs, wherever --json stands', async () => {
    for (const args of [
      ['--json', 'protect', 'WEB01'],
      ['protect', 'WEB01', '--json'],
      ['--json'],
      ['vault', '--json'],
    ]) {
      const { exitCode, stdout, stderr } = await cli.run(...args);
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'INPUT_INVALID' } });
    }
  });
});

describe('an error', () => {
  const unreachable = new ReplicationError('VAULT_UNREACHABLE', 'The share is gone.', {
    cause: new Error('EHOSTDOWN'),
  });

  it('of a command that nothing repeats ends with code 1, invalid input with 2', async () => {
    cli.answer({ 'vault.list': failing(unreachable) });
    expect((await cli.run('vault', 'list')).exitCode).toBe(1);
    cli.answer({ 'vault.list': failing(new ReplicationError('VAULT_CORRUPT', 'The catalogue is damaged.')) });
    expect((await cli.run('vault', 'list')).exitCode).toBe(1);
    cli.answer({ 'vault.list': failing(new ReplicationError('INPUT_INVALID', 'No.')) });
    expect((await cli.run('vault', 'list')).exitCode).toBe(2);
  });

  it('says for people what happened and what to do, without a stack', async () => {
    cli.answer({ 'vault.list': failing(unreachable) });
    const { stdout, stderr } = await cli.run('vault', 'list');
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'hvrc: The share is gone. [VAULT_UNREACHABLE]\nNext: Connect the share, disk or network, then try again.\n',
    );
  });

  it('is its whole report for programs, on stderr', async () => {
    cli.answer({ 'vault.list': failing(unreachable) });
    const { stdout, stderr } = await cli.run('vault', 'list', '--json');
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toEqual({ error: unreachable.toReport() });
  });

  it('that nobody foresaw is in the log with its stack, not on the screen', async () => {
    cli.answer({
      'vault.list': () => {
        throw new TypeError('x is undefined');
      },
    });
    const { exitCode, stderr } = await cli.run('vault', 'list');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('[UNKNOWN]');
    expect(stderr).not.toContain('at ');
    expect(readFileSync(join(cli.data, 'logs', 'hvrc.log'), 'utf8')).toMatch(
      /TypeError: x is undefined\\n\s+at /,
    );
  });
});

describe('what is asked of the engine', () => {
  it('has paths made absolute from where the user is', async () => {
    const report = { kind: 'folder', root: '/vms', reachable: true, vms: 2, error: null };
    cli.answer({
      'host.use': () => report,
      'vault.add': () => ({ name: 'nas', target: 'x', freeBytes: null, vms: [] }),
    });
    await cli.run('host', 'use', 'vms');
    await cli.run('vault', 'add', 'nas', '../vault');
    await cli.run('vault', 'add', 'cloud', 'azure:replicas');
    expect(cli.console.asked.map(({ params }) => params)).toEqual([
      { path: join(cli.directory, 'vms') },
      { name: 'nas', target: join(cli.directory, '..', 'vault') },
      { name: 'cloud', target: 'azure:replicas' },
    ]);
  });

  it('goes to an engine in this process when none runs, which is stopped afterwards', async () => {
    cli.answer({ 'vm.list': () => [] });
    expect((await cli.run('vm', 'list')).stdout).toBe('The host holds no VM.\n');
    expect(cli.opened).toBe(1);
    expect(cli.console).toMatchObject({ started: 0, stopped: 1 });
  });

  it('uses the data directory of --data', async () => {
    cli.answer({ 'vm.list': failing(new TypeError('boom')) });
    const elsewhere = join(cli.directory, 'elsewhere');
    await cli.run('vm', 'list', '--data', elsewhere);
    expect(readFileSync(join(elsewhere, 'logs', 'hvrc.log'), 'utf8')).toContain('boom');
  });
});

describe('status', () => {
  const retry = {
    attempts: 3,
    firstFailureAt: '2026-11-20T11:50:00.000Z',
    nextAttemptAt: '2026-11-20T12:04:00.000Z',
    lastError: new ReplicationError('VAULT_UNREACHABLE', 'The share is gone.').toReport(),
  };
  const worst = vmStatus({ id: 'vm-2', name: 'SQL01', health: 'Critical', retry, rpoSeconds: 4_000 });
  const answering = (...vms: unknown[]) =>
    cli.answer({ status: () => ({ host: '/vms', engineRunning: true, vms }) });

  it('begins with one sentence when all is well', async () => {
    answering(vmStatus(), vmStatus({ id: 'vm-2', name: 'SQL01', rpoSeconds: 300 }));
    const { stdout } = await cli.run('status');
    expect(stdout.split('\n')[0]).toBe('All 2 VMs are well; a failover now would lose at most 5 minutes.');
  });

  it('names the worst VM, why, and when it is tried again', async () => {
    answering(worst, vmStatus());
    const { stdout } = await cli.run('status');
    const [sentence, , head, , first, second] = stdout.split('\n');
    expect(sentence).toMatch(
      /^1 of 2 VMs needs attention: SQL01 is Critical: The share is gone; next attempt at \d\d:04:00\.$/,
    );
    expect(head).toMatch(/^VM +Health +State +RPO +Last sync +Log +Now$/);
    expect(first).toContain('SQL01');
    expect(second).toContain('WEB01');
  });

  it('says that nothing is replicated while no engine runs', async () => {
    const vms = [vmStatus({ nextCycleAt: '2026-11-20T12:00:30.000Z' })];
    cli.answer({ status: () => ({ host: '/vms', engineRunning: false, vms }) });
    const { stdout } = await cli.run('status');
    expect(stdout).toContain('No engine runs');
    expect(stdout).not.toContain('next at');
  });

  it('of one VM is that VM itself for programs', async () => {
    answering(vmStatus());
    const { stdout } = await cli.run('status', 'WEB01', '--json');
    expect(JSON.parse(stdout)).toEqual({ ...vmStatus(), engineRunning: true });
    expect(cli.console.asked).toEqual([{ name: 'status', params: { vm: 'WEB01' } }]);
  });

  it('of one VM shows its disks with log, limit and replica', async () => {
    answering(vmStatus());
    const { stdout } = await cli.run('status', 'WEB01');
    expect(stdout).toMatch(/web01\.vhd +96\.0 MB +1\.50 MB +48\.0 MB +- +- +\/vault\/WEB01\/web01\.vhdx/);
  });
});
