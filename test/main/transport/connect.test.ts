import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type { Clock } from '../../../src/main/platform/clock.ts';
import { lockEngine, readEngineFile } from '../../../src/main/store/engine-lock.ts';
import { connectEngine, openEngine } from '../../../src/main/transport/connect.ts';
import { socketPathOf } from '../../../src/main/transport/socket-path.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';

let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'hvrc-connect-'));
});
afterEach(() => rmSync(dataDirectory, { recursive: true }));

const opening = (handlers: Handlers = {}) => {
  const opened: RecordingConsole[] = [];
  return {
    opened,
    options: {
      dataDirectory,
      workersDirectory: dataDirectory,
      openConsole: async () => {
        const console = new RecordingConsole(handlers);
        opened.push(console);
        return console;
      },
    },
  };
};

describe('connecting to an engine', () => {
  it('opens one in this process when none runs, and others find it', async () => {
    const first = opening({ 'vm.list': () => [] });
    const second = opening();
    const local = await connectEngine(first.options);
    const remote = await connectEngine(second.options);
    if (local.kind !== 'local' || remote.kind !== 'remote')
      throw new Error('expected a local, then a remote one');
    expect(await remote.client.request('vm.list', {})).toEqual([]);
    expect(second.opened).toEqual([]);
    expect(readEngineFile(dataDirectory)).toMatchObject({
      pid: process.pid,
      socketPath: socketPathOf(dataDirectory),
    });
    await remote.client.close();
    await local.engine.stop();
    await local.engine.stop();
    expect(first.opened[0]?.stopped).toBe(1);
  });

  it('gives an engine that listens but does not answer up, by its pid', async () => {
    const stuck = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => stuck.listen(socketPathOf(dataDirectory), resolve));
    // The clock's patience ends at once; the wait is told how long it would have been.
    const waits: number[] = [];
    const clock: Clock = {
      now: () => 0,
      wait: async (ms) => void waits.push(ms),
    };
    const { options, opened } = opening();
    await expect(connectEngine({ ...options, clock })).rejects.toMatchObject({ code: 'ENGINE_UNRESPONSIVE' });
    expect(waits).toEqual([15_000]);
    expect(opened).toEqual([]);
    await new Promise((resolve) => stuck.close(resolve));
  });

  it('does not stop while another process waits for an answer', async () => {
    const slow = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<void>();
    const { options, opened } = opening({
      'job.wait': () => {
        asked.resolve();
        return slow.promise;
      },
    });
    const local = await connectEngine(options);
    const remote = await connectEngine(options);
    if (local.kind !== 'local') throw new Error('expected a local one');
    const answer = remote.client.request('job.wait', { id: 1 });
    await asked.promise;
    const closing = local.engine.close();
    slow.resolve({ id: 1 });
    expect(await answer).toEqual({ id: 1 });
    await remote.client.close();
    await closing;
    expect(opened[0]?.stopped).toBe(1);
  });

  it('stops at once when a client asks for it', async () => {
    const { options } = opening({ 'job.wait': () => new Promise(() => undefined) });
    const local = await connectEngine(options);
    const remote = await connectEngine(options);
    if (local.kind !== 'local') throw new Error('expected a local one');
    const waiting = remote.client.request('job.wait', { id: 1 }).catch((error: unknown) => error);
    await remote.client.request('engine.stop', {});
    await local.engine.close();
    expect(await waiting).toMatchObject({ code: 'ENGINE_STOPPED' });
  });

  it('leaves the directory free when the console cannot be opened', async () => {
    const failing = async () => {
      throw new ReplicationError('STORE_DAMAGED', 'hvrc.db is damaged.');
    };
    const { options } = opening();
    await expect(openEngine({ ...options, openConsole: failing })).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
    });
    await (await openEngine(options)).stop();
  });

  it('waits for an engine that is just ending, then gives up with its pid', async () => {
    const { options } = opening();
    const lock = lockEngine(dataDirectory, socketPathOf(dataDirectory));
    let waits = 0;
    const clock = {
      now: () => 0,
      wait: async () => {
        waits++;
        if (waits === 3) lock.release();
      },
    };
    const local = await connectEngine({ ...options, clock });
    expect(waits).toBe(3);
    if (local.kind !== 'local') throw new Error('expected a local one');
    await local.engine.stop();
    const held = lockEngine(dataDirectory, socketPathOf(dataDirectory));
    await expect(
      connectEngine({ ...options, clock: { ...clock, wait: async () => undefined } }),
    ).rejects.toMatchObject({
      code: 'ENGINE_RUNNING',
      message: expect.stringContaining(String(process.pid)),
    });
    held.release();
  });
});
