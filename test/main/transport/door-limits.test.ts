import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { socketPath } from '../../../src/contract/page-messages.ts';
import { BrowserDoor, type DoorLimits } from '../../../src/main/transport/websocket.ts';
import { DoorClient } from '../../support/door-client.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let door: BrowserDoor;
let engine: RecordingConsole;
let client: DoorClient;

afterEach(async () => {
  await door.close();
});

const open = async (limits: Partial<DoorLimits> = {}, handlers: Handlers = {}): Promise<void> => {
  engine = new RecordingConsole(handlers);
  door = new BrowserDoor({ client: engine, rendererDirectory: folder(), port: 0, limits });
  await door.listen();
  client = new DoorClient(door);
};

/** A bare connection, and all it is told until it is ended. */
const bare = async (text: string): Promise<{ socket: Socket; told: Promise<string> }> => {
  const socket = connect(door.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += String(chunk);
  });
  // Being let go is no error here.
  socket.on('error', () => socket.destroy());
  const told = new Promise<string>((resolve) => socket.on('close', () => resolve(heard)));
  await once(socket, 'connect');
  socket.write(text);
  return { socket, told };
};

const upgrade = (path: string, host = `127.0.0.1:${door.port}`): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Origin: http://${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');

describe('the agent under strangers', () => {
  it.each(['//[', '/socket%', 'http://[::1', '*', '/socket/x'])(
    'survives a wish for a WebSocket at %s',
    async (path) => {
      await open();
      expect(await (await bare(upgrade(path))).told).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect((await client.ask('/')).status).toBe(404);
    },
  );

  it('survives one who hangs up while being refused', async () => {
    await open();
    const { socket, told } = await bare(upgrade(socketPath, 'evil.example'));
    socket.resetAndDestroy();
    await told;
    expect((await client.ask('/')).status).toBe(404);
  });

  it.each([
    ['no request at all', ''],
    ['half a header', 'GET / HTTP/1.1\r\nHost: '],
    [
      'a body that never comes',
      'POST /session HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nContent-Length: 100\r\n\r\n{',
    ],
    ['what is no HTTP', '\x16\x03\x01\x02'],
  ])('lets go of a connection that sends %s', async (_what, text) => {
    await open({ requestMs: 200 });
    const { told } = await bare(text.replaceAll('HOST', `127.0.0.1:${door.port}`));
    expect(await told).not.toContain('200 OK');
  });

  it('refuses headers without end', async () => {
    await open();
    const { told } = await bare(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(64 * 1024)}`);
    expect(await told).toContain('431 ');
  });

  it('takes only so many connections', async () => {
    await open({ connections: 3 });
    const held = await Promise.all([bare('GET'), bare('GET'), bare('GET')]);
    const refused = await bare('GET');
    expect(await refused.told).toBe('');
    for (const { socket } of held) socket.destroy();
  });

  it('takes only so many pages', async () => {
    await open({ pages: 1 });
    await client.connectedPage();
    expect(await client.page().closed).toBe(1006);
  });
});

describe('the agent under a page', () => {
  it('lets go of one that never shows its session', async () => {
    await open({ helloMs: 50 });
    expect(await client.page().closed).toBe(4401);
  });

  it('lets go of one that is there no longer, and keeps one that is', async () => {
    await open({ pingMs: 100 });
    const quiet = await client.connectedPage({ autoPong: false });
    const alive = await client.connectedPage();
    expect(await quiet.closed).toBe(1006);
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  });

  it('lets go of one that does not read what it is sent', async () => {
    await open({ unreadBytes: 1024 * 1024 }, { 'vm.list': () => ['x'.repeat(8 * 1024 * 1024)] });
    const page = await client.connectedPage();
    page.socket.pause();
    for (let id = 1; id <= 8; id++) page.socket.send(JSON.stringify({ id, name: 'vm.list', params: {} }));
    const gone = new Promise<void>((resolve) => {
      const look = () => (engine.listeners === 0 ? resolve() : setImmediate(look));
      look();
    });
    await gone;
    page.socket.terminate();
  });

  it('answers only so many requests of a page at the same time, and the rest when those are done', async () => {
    const waiting: (() => void)[] = [];
    const answer = () => new Promise((resolve) => waiting.push(() => resolve([])));
    await open({ pendingRequests: 10 }, { 'vm.list': answer });
    const page = await client.connectedPage();
    const filler = 'x'.repeat(32 * 1024);
    const wanted = 200;
    for (let id = 1; id <= wanted; id++)
      page.socket.send(JSON.stringify({ id, name: 'vm.list', params: {}, filler }));
    let answered = 0;
    let most = 0;
    while (answered < wanted) {
      while (waiting.length === 0) await new Promise(setImmediate);
      most = Math.max(most, waiting.length);
      waiting.shift()!();
      await page.next();
      answered++;
    }
    // What a single read from the connection brought is taken as well.
    expect(most).toBeLessThan(20);
  });

  it('slows one down that floods it, without forgetting anything', async () => {
    await open({ messagesPerSecond: 50 }, { 'vm.list': () => [] });
    const page = await client.connectedPage();
    const filler = 'x'.repeat(60 * 1024);
    const began = performance.now();
    const wanted = 120;
    for (let id = 1; id <= wanted; id++)
      page.socket.send(JSON.stringify({ id, name: 'vm.list', params: {}, filler }));
    for (let id = 1; id <= wanted; id++) expect(await page.next()).toMatchObject({ kind: 'answer', id });
    expect(performance.now() - began).toBeGreaterThan(1000);
  });
});
