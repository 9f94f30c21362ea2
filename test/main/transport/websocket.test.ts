import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { sessionPath } from '../../../src/contract/page-messages.ts';
import { BrowserDoor } from '../../../src/main/transport/websocket.ts';
import { DoorClient, tokenOf } from '../../support/door-client.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let door: BrowserDoor | undefined;
let engine: RecordingConsole;
let client: DoorClient;

afterEach(async () => {
  await door?.close();
  door = undefined;
});

const open = async (handlers: Handlers = {}): Promise<BrowserDoor> => {
  const rendererDirectory = folder('renderer');
  mkdirSync(rendererDirectory, { recursive: true });
  writeFileSync(folder('renderer', 'index.html'), '<!doctype html>the page');
  writeFileSync(folder('secret.html'), 'not for pages');
  engine = new RecordingConsole(handlers);
  door = new BrowserDoor({ client: engine, rendererDirectory, port: 0 });
  await door.listen();
  client = new DoorClient(door);
  return door;
};

describe('the agent’s HTTP server', () => {
  it('listens on the loopback address and serves the page under a strict policy', async () => {
    await open();
    const { status, headers, body } = await client.ask('/');
    expect(status).toBe(200);
    expect(body).toBe('<!doctype html>the page');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1'])(
    'refuses the host name %s, which may be rebound to this address',
    async (host) => {
      await open();
      expect((await client.ask('/', { headers: { host } })).status).toBe(421);
    },
  );

  it('answers to localhost with its port', async () => {
    await open();
    expect((await client.ask('/', { headers: { host: `localhost:${door!.port}` } })).status).toBe(200);
  });

  it.each([
    '/../secret.html',
    '/..%2fsecret.html',
    '/%2e%2e/secret.html',
    '/.\\..\\secret.html',
    '//etc/passwd',
  ])('serves nothing outside the page for %s', async (path) => {
    await open();
    const { status, body } = await client.ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain('not for pages');
  });

  it('refuses to be written to', async () => {
    await open();
    expect((await client.ask('/', { method: 'PUT', headers: { origin: client.origin } })).status).toBe(405);
  });

  it('exchanges a link’s token for a session once', async () => {
    await open();
    const token = tokenOf(door!.newLink());
    expect((await client.exchange(token)).status).toBe(200);
    expect((await client.exchange(token)).status).toBe(403);
  });

  it('forgets an unused link when another one is made', async () => {
    await open();
    const first = tokenOf(door!.newLink());
    const second = tokenOf(door!.newLink());
    expect((await client.exchange(first)).status).toBe(403);
    expect((await client.exchange(second)).status).toBe(200);
  });

  it('gives no session to another site, to a caller without an origin, or for a wrong or huge body', async () => {
    await open();
    const token = tokenOf(door!.newLink());
    expect((await client.exchange(token, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await client.exchange(token, { origin: 'null' })).status).toBe(403);
    expect((await client.exchange(token, {})).status).toBe(403);
    expect((await client.exchange('')).status).toBe(403);
    for (const body of ['', '{', '{"token":7}', 'x'.repeat(100_000)]) {
      const answer = await client.ask(sessionPath, {
        method: 'POST',
        headers: { origin: client.origin },
        body,
      });
      expect(answer.status).toBe(403);
    }
    expect((await client.exchange(token)).status).toBe(200);
  });

  it('says so when its port is taken', async () => {
    await open();
    const second = new BrowserDoor({ client: engine, rendererDirectory: folder(), port: door!.port });
    await expect(second.listen()).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
  });
});

describe('the agent’s WebSocket', () => {
  it('answers requests of a page with a session', async () => {
    await open({ 'vm.list': () => [] });
    const page = await client.connectedPage();
    page.socket.send(JSON.stringify({ id: 1, name: 'vm.list', params: {} }));
    expect(await page.next()).toEqual({ kind: 'answer', id: 1, outcome: { result: [] } });
    expect(engine.asked).toEqual([{ name: 'vm.list', params: {} }]);
  });

  it('answers a request that is refused with the catalogue’s error', async () => {
    await open();
    const page = await client.connectedPage();
    page.socket.send(JSON.stringify({ id: 1, name: 'sync', params: { vm: 'WEB01' } }));
    expect(await page.next()).toMatchObject({ id: 1, outcome: { error: { code: 'STATE_INVALID' } } });
  });

  it.each([
    ['an unknown name', 'constructor', {}],
    ['a missing field', 'sync', {}],
    ['a relative path', 'host.use', { path: '../x' }],
    ['a NUL in a path', 'host.use', { path: '/x\0y' }],
    ['parameters that are none', 'sync', 'WEB01'],
  ])('refuses %s before the engine sees it', async (_what, name, params) => {
    await open();
    const page = await client.connectedPage();
    page.socket.send(JSON.stringify({ id: 1, name, params }));
    expect(await page.next()).toMatchObject({ id: 1, outcome: { error: { code: 'INPUT_INVALID' } } });
    expect(engine.asked).toEqual([]);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['no origin', {}],
    ['a foreign host name', { host: 'evil.example', origin: 'http://evil.example' }],
  ])('is closed to %s', async (_what, headers) => {
    await open();
    const page = client.page(headers);
    expect(await page.closed).toBe(1006);
  });

  it.each([[{ session: 'guessed' }], [{}], ['hello'], [{ id: 1, name: 'status', params: {} }]])(
    'ends at the first message %j, which carries no known session',
    async (message) => {
      await open();
      await client.newSession();
      const page = client.page();
      await page.hello(message);
      expect(await page.closed).toBe(4401);
      expect(engine.asked).toEqual([]);
    },
  );

  it('ends at a message that is no request, and at one that is too large', async () => {
    await open();
    const malformed = await client.connectedPage();
    malformed.socket.send('{"id":0}');
    expect(await malformed.closed).toBe(1007);
    const oversized = await client.connectedPage();
    oversized.socket.send('x'.repeat(300 * 1024));
    expect(await oversized.closed).toBe(1009);
  });

  it('pushes to a page until it goes away', async () => {
    await open();
    const page = await client.connectedPage();
    engine.push({ kind: 'unprotected', vmId: 'a' });
    expect(await page.next()).toEqual({ kind: 'pushes', pushes: [{ kind: 'unprotected', vmId: 'a' }] });
    expect(engine.listeners).toBe(1);
    await door!.close();
    await page.closed;
    door = undefined;
    expect(engine.listeners).toBe(0);
  });
});
