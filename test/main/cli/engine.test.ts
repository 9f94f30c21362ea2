import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventReport } from '../../../src/contract/reports.ts';
import { openEngine } from '../../../src/main/transport/connect.ts';
import { connectSocket } from '../../../src/main/transport/socket-client.ts';
import { socketPathOf } from '../../../src/main/transport/socket-path.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';
import { CliHarness } from './cli-harness.ts';

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
});
afterEach(() => cli.remove());

const event: EventReport = {
  id: 1,
  at: '2026-11-20T11:59:00.000Z',
  level: 'warning',
  code: 'VAULT_FULL',
  class: 'recoverable',
  vmId: 'vm-1',
  vm: 'WEB01',
  disk: null,
  text: 'The share is full.',
};

const openElsewhere = async (handlers: Handlers) => {
  const console = new RecordingConsole(handlers);
  const engine = await openEngine({
    dataDirectory: cli.data,
    workersDirectory: cli.data,
    openConsole: async () => console,
  });
  return { console, engine };
};

describe('a command while an engine runs', () => {
  it('goes to that engine', async () => {
    const { console, engine } = await openElsewhere({ 'vm.list': () => [] });
    expect((await cli.run('vm', 'list', '--json')).stdout).toBe('[]\n');
    expect(console.asked.at(-1)).toEqual({ name: 'vm.list', params: {} });
    expect(cli.opened).toBe(0);
    await engine.stop();
  });

  it('run is refused with the process that it is', async () => {
    const { engine } = await openElsewhere({ 'engine.info': () => ({ running: true }) });
    const { exitCode, stderr } = await cli.run('run');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`process ${process.pid}`);
    await engine.stop();
  });

  it('stop ends it and waits until it has gone', async () => {
    const { console, engine } = await openElsewhere({});
    void engine.stopRequested.then(() => engine.stop());
    expect((await cli.run('stop')).stdout).toBe('The engine has stopped.\n');
    expect(console.stopped).toBe(1);
    expect(await connectSocket(socketPathOf(cli.data))).toBeNull();
  });
});

describe('hvrc run', () => {
  beforeEach(() => cli.answer({ 'engine.info': () => ({ running: true }) }));

  it('says that the database was rebuilt', async () => {
    const rebuilt = { at: '2026-11-20T11:59:00.000Z', text: 'The database was damaged.', waitingVms: 2 };
    cli.answer({ 'engine.info': () => ({ running: true, rebuilt }) });
    cli.console.start = async () => queueMicrotask(() => cli.interrupt());
    const { stderr } = await cli.run('run');
    expect(stderr).toContain('The database was damaged. 2 VMs not yet looked up at the vault.');
  });

  it('starts the cycles, prints a line for each event, and stops in order at a Ctrl-C', async () => {
    cli.console.start = async () => {
      cli.console.started++;
      cli.console.push({ kind: 'event', event });
      queueMicrotask(() => cli.interrupt());
    };
    const { exitCode, stdout } = await cli.run('run');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^.*\d\d:59:00 {2}warning {2}WEB01: The share is full\. \[VAULT_FULL\]\n$/);
    expect(cli.console).toMatchObject({ started: 1, stopped: 1 });
  });

  it('prints events as JSON lines for programs, and ends when another process says stop', async () => {
    cli.console.start = async () => {
      cli.console.push({ kind: 'event', event });
      const client = await connectSocket(socketPathOf(cli.data));
      await client?.request('engine.stop', {});
      await client?.close();
    };
    const { exitCode, stdout, stderr } = await cli.run('run', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(event);
  });
});

describe('without an engine', () => {
  it('stop and engine say so', async () => {
    expect((await cli.run('stop')).stdout).toBe('No engine runs on this data directory.\n');
    expect(JSON.parse((await cli.run('engine', '--json')).stdout)).toMatchObject({ running: false });
  });
});

describe('events --follow', () => {
  it('prints those there were, then those that come, each once and of that VM alone', async () => {
    const at = (id: number, vm = 'WEB01') => ({ ...event, id, vm, vmId: vm });
    cli.answer({
      'vm.show': () => ({ id: 'vm-1' }),
      events: () => {
        cli.console.push({ kind: 'event', event: at(3) });
        setImmediate(() => {
          cli.console.push({ kind: 'event', event: at(4, 'DB01') });
          cli.console.push({ kind: 'event', event: at(5) });
          cli.interrupt();
        });
        return [at(2), at(3)];
      },
    });
    const { exitCode, stdout } = await cli.run('events', '--follow', '--vm', 'WEB01', '--json');
    expect(exitCode).toBe(0);
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as EventReport).id);
    expect(ids).toEqual([2, 3, 5]);
  });
});

describe('the program', () => {
  const program = fileURLToPath(new URL('../../../src/main/cli.ts', import.meta.url));
  const start = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

  it('runs as a process, with its exit code and its answers where they belong', () => {
    const version = start('--version');
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const missing = start('disk', 'info', fileURLToPath(new URL('missing.vhdx', import.meta.url)), '--json');
    expect(missing).toMatchObject({ status: 1, stdout: '' });
    expect(JSON.parse(missing.stderr)).toMatchObject({ error: { code: 'DISK_NOT_FOUND' } });
  });
});
