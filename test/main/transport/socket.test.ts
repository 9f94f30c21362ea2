import { once } from 'node:events';
import { lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type { EnginePush } from '../../../src/contract/events.ts';
import { maxRequestBytes } from '../../../src/main/transport/frames.ts';
import { connectSocket, type SocketClient } from '../../../src/main/transport/socket-client.ts';
import { socketPathOf } from '../../../src/main/transport/socket-path.ts';
import { type SocketServer, serveSocket } from '../../../src/main/transport/socket-server.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';

let directory: string;
let path: string;
let engine: RecordingConsole;
let server: SocketServer | undefined;
let stops: number;

const serve = async (handlers: Handlers = {}): Promise<SocketClient> => {
  engine = new RecordingConsole(handlers);
  server = await serveSocket({ path, console: engine, onStopRequested: () => stops++ });
  return await connected();
};
const connected = async (): Promise<SocketClient> => {
  const client = await connectSocket(path);
  if (client === null) throw new Error('nothing listens');
  return client;
};
/** Sends bytes as no client would; resolves with everything that comes back once the engine ends the connection. */
const sendRaw = async (...chunks: (string | Buffer)[]): Promise<unknown[]> => {
  const socket = connect(path);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  socket.on('error', () => undefined);
  for (const chunk of chunks) socket.write(chunk);
  await once(socket, 'close');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
};
const rejection = async (work: Promise<unknown>): Promise<ReplicationError> => {
  const error: unknown = await work.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof ReplicationError) return error;
  throw error;
};
const push: EnginePush = { kind: 'unprotected', vmId: 'vm-1' };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hvrc-socket-'));
  path = socketPathOf(directory);
  stops = 0;
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(directory, { recursive: true });
});

describe('the socket', () => {
  it('carries a request to the console and its answer back, defaults filled in', async () => {
    const client = await serve({ protect: () => ({ vm: 'Mail', checks: [], status: null, job: null }) });
    const answer = await client.request('protect', { vm: 'Mail', vault: 'nas' });
    expect(answer).toEqual({ vm: 'Mail', checks: [], status: null, job: null });
    expect(engine.asked).toEqual([{ name: 'protect', params: { vm: 'Mail', vault: 'nas', exclude: [] } }]);
    await client.close();
  });

  it('answers requests as they get ready, not in turn', async () => {
    const slow = Promise.withResolvers<unknown>();
    const client = await serve({ 'job.wait': () => slow.promise, 'vm.list': () => [] });
    const waiting = client.request('job.wait', { id: 1 });
    expect(await client.request('vm.list', {})).toEqual([]);
    slow.resolve({ id: 1 });
    expect(await waiting).toEqual({ id: 1 });
    await client.close();
  });

  it('carries an error with its code, place and next step', async () => {
    const client = await serve({
      sync: () => {
        throw new ReplicationError('VAULT_FULL', 'The share is full.', {
          vm: 'Mail',
          file: 'a.vhdx',
          offset: 2 ** 40,
        });
      },
    });
    const error = await rejection(client.request('sync', { vm: 'Mail' }));
    expect(error).toMatchObject({ code: 'VAULT_FULL', vm: 'Mail', file: 'a.vhdx', offset: 2 ** 40 });
    expect(error.class).toBe('recoverable');
    await client.close();
  });

  it('does not let parameters through that do not fit, and stays open', async () => {
    const client = await serve({ 'vm.list': () => [] });
    expect((await rejection(client.request('sync', { vm: '' }))).code).toBe('INPUT_INVALID');
    expect((await rejection(client.request('nothing' as 'vm.list', {}))).code).toBe('INPUT_INVALID');
    expect(engine.asked).toEqual([]);
    expect(await client.request('vm.list', {})).toEqual([]);
    await client.close();
  });

  it('pushes to those who subscribed, until they leave', async () => {
    const client = await serve({ 'vm.list': () => [] });
    const other = await connected();
    const seen: EnginePush[] = [];
    const first = Promise.withResolvers<void>();
    client.subscribe((event) => {
      seen.push(event);
      first.resolve();
    });
    await client.request('vm.list', {});
    expect(engine.listeners).toBe(1);
    engine.push(push);
    await first.promise;
    expect(seen).toEqual([push]);
    await client.close();
    await other.request('vm.list', {});
    expect(engine.listeners).toBe(0);
    await other.close();
  });

  it('gives the door a request to stop after answering it', async () => {
    const client = await serve();
    expect(await client.request('engine.stop', {})).toEqual({ stopping: true });
    await client.close();
    expect(stops).toBe(1);
    expect(engine.asked).toEqual([]);
  });

  it('rejects what waits, and what comes after, when the engine goes away', async () => {
    const client = await serve({ 'job.wait': () => new Promise(() => undefined), 'vm.list': () => [] });
    const waiting = rejection(client.request('job.wait', { id: 1 }));
    await client.request('vm.list', {});
    await server?.close();
    server = undefined;
    expect((await waiting).code).toBe('ENGINE_STOPPED');
    await client.ended;
    expect((await rejection(client.request('vm.list', {}))).code).toBe('ENGINE_STOPPED');
  });

  it.skipIf(process.platform === 'win32')('is for its owner alone', async () => {
    const client = await serve();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    await client.close();
  });
});

describe('what is no request', () => {
  const invalid = [
    expect.objectContaining({ id: null, error: expect.objectContaining({ code: 'INPUT_INVALID' }) }),
  ];

  it.each([
    'GET / HTTP/1.1\r\n',
    '{"id": 1, "request": "vm.list"\n',
    '[]\n',
    '{"id": -1, "request": "vm.list", "params": {}}\n',
    '{"id": "1", "request": "vm.list", "params": {}}\n',
    '{"id": 1, "request": "vm.list", "params": {}, "more": 1}\n',
    '\n',
    '\xff\xfe\n',
  ])('%j is answered with INPUT_INVALID and the connection ends', async (bytes) => {
    const client = await serve({ 'vm.list': () => [] });
    expect(await sendRaw(Buffer.from(bytes, 'latin1'))).toEqual(invalid);
    expect(await client.request('vm.list', {})).toEqual([]);
    await client.close();
  });

  it('is a frame beyond 1 MiB, which is refused before its end was sent', async () => {
    const client = await serve();
    expect(await sendRaw(Buffer.alloc(maxRequestBytes + 1, 'a'))).toEqual(invalid);
    await client.close();
  });

  it('may be cut anywhere: a request in single bytes is one request', async () => {
    const client = await serve({ 'vm.show': (params) => params });
    const socket = connect(path);
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    for (const byte of Buffer.from('{"id":1,"request":"vm.show","params":{"vm":"Büro"}}\n'))
      socket.write(Buffer.of(byte));
    const [data] = await answered;
    expect(JSON.parse(data.toString())).toEqual({ id: 1, result: { vm: 'Büro' } });
    socket.destroy();
    await client.close();
  });
});

describe('where the socket lies', () => {
  it('nothing listening there is no error', async () => {
    expect(await connectSocket(path)).toBeNull();
  });

  it.skipIf(process.platform === 'win32')('a socket that a killed engine left is replaced', async () => {
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(path, resolve));
    // Closing would remove the file: a second name keeps it, as a kill does.
    const { renameSync } = await import('node:fs');
    renameSync(path, `${path}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    renameSync(`${path}.kept`, path);
    expect(await connectSocket(path)).toBeNull();
    const client = await serve({ 'vm.list': () => [] });
    expect(await client.request('vm.list', {})).toEqual([]);
    await client.close();
  });

  it.skipIf(process.platform === 'win32')('a file of that name is left alone', async () => {
    writeFileSync(path, 'mine');
    const error = await rejection(
      serveSocket({ path, console: new RecordingConsole(), onStopRequested: () => undefined }),
    );
    expect(error.code).toBe('DATA_DIRECTORY_UNUSABLE');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('a long data directory has a short socket of its own', async () => {
    const long = join(directory, 'd'.repeat(120));
    path = socketPathOf(long);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103);
    expect(path).not.toBe(socketPathOf(`${long}2`));
    const client = await serve({ 'vm.list': () => [] });
    expect(await client.request('vm.list', {})).toEqual([]);
    await client.close();
  });

  it('is a pipe of the data directory on Windows, whatever the case of its letters', () => {
    expect(socketPathOf('C:\\Data', 'win32')).toMatch(/^\\\\\.\\pipe\\hvrc-[0-9a-f]{24}$/);
    expect(socketPathOf('C:\\Data', 'win32')).toBe(socketPathOf('c:\\data', 'win32'));
  });
});
