import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { lockEngine, readEngineFile } from '../../../src/main/store/engine-lock.ts';

let directory: string;
let data: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hvrc-lock-'));
  data = join(directory, 'data');
});
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(directory, { recursive: true });
});

const errorOf = (work: () => unknown): ReplicationError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ReplicationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const lockInChild = async (): Promise<ChildProcess> => {
  const source = new URL('../../../src/main/store/engine-lock.ts', import.meta.url).href;
  const script = `const { lockEngine } = await import(${JSON.stringify(source)});
    globalThis.lock = lockEngine(${JSON.stringify(data)}, 'somewhere');
    process.stdout.write('locked');
    process.stdin.resume();`;
  const started = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(started.stdout!, 'data');
  return started;
};

describe('the engine lock', () => {
  it('refuses a second engine in the same process until the first released it', () => {
    const lock = lockEngine(data, 'socket');
    expect(errorOf(() => lockEngine(data, 'socket')).code).toBe('ENGINE_RUNNING');
    lock.release();
    lock.release();
    lockEngine(data, 'socket').release();
  });

  it('names the process that holds it, and falls when that process is killed', async () => {
    child = await lockInChild();
    const error = errorOf(() => lockEngine(data, 'socket'));
    expect(error.code).toBe('ENGINE_RUNNING');
    expect(error.message).toContain(`process ${child.pid}`);
    expect(readEngineFile(data)).toMatchObject({ pid: child.pid, socketPath: 'somewhere' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = lockEngine(data, 'socket');
    expect(readEngineFile(data)?.pid).toBe(process.pid);
    lock.release();
  });

  it('creates the data directory for its owner alone', () => {
    lockEngine(data, 'socket').release();
    if (process.platform !== 'win32') expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  it('says so when the data directory is a file', () => {
    writeFileSync(data, '');
    expect(errorOf(() => lockEngine(data, 'socket')).code).toBe('DATA_DIRECTORY_UNUSABLE');
  });

  it('does not need an engine.json that can be read', () => {
    const lock = lockEngine(data, 'socket');
    writeFileSync(join(data, 'engine.json'), 'torn');
    expect(readEngineFile(data)).toBeNull();
    expect(errorOf(() => lockEngine(data, 'socket')).code).toBe('ENGINE_RUNNING');
    lock.release();
  });
});
