import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type DoorMessage, sessionPath, socketPath } from '../../../src/contract/page-messages.ts';
import { BrowserDoor } from '../../../src/main/transport/websocket.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let door: BrowserDoor | undefined;
let engine: RecordingConsole;

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
  return door;
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with any headers, as a rebound name or another site would make it; `fetch` forbids some. */
const ask = (
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: IncomingHttpHeaders; body?: string },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: door!.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });

const origin = () => `http://127.0.0.1:${door!.port}`;
const tokenOf = (link: string) => new URLSearchParams(new URL(link).hash.slice(1)).get('token')!;

const exchange = (token: string, headers: IncomingHttpHeaders = { origin: origin() }) =>
  ask(sessionPath, { method: 'POST', headers, body: JSON.stringify({ token }) });

const newSession = async (): Promise<string> => {
  const { body } = await exchange(tokenOf(door!.newLink()));
  return (JSON.parse(body) as { session: string }).session;
};

/** A page's WebSocket; what it hears is kept in order. */
class Page {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #heard: DoorMessage[] = [];
  #wake: (() => void) | null = null;

  constructor(headers: IncomingHttpHeaders = { origin: origin() }) {
    this.socket = new WebSocket(`ws://127.0.0.1:${door!.port}${socketPath}`, { headers });
    this.socket.on('message', (data) => {
      this.#heard.push(JSON.parse(String(data)) as DoorMessage);
      this.#wake?.();
    });
    this.socket.on('error', () => this.socket.terminate());
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
  }

  async hello(message: unknown): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    this.socket.send(JSON.stringify(message));
  }

  async next(): Promise<DoorMessage> {
    while (this.#heard.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#heard.shift()!;
  }
}

const connectedPage = async (): Promise<Page> => {
  const page = new Page();
  await page.hello({ session: await newSession() });
  expect(await page.next()).toEqual({ kind: 'welcome' });
  return page;
};

describe('the agent’s HTTP server', () => {
  it('listens on the loopback address and serves the page under a strict policy', async () => {
    await open();
    const { status, headers, body } = await ask('/', {});
    expect(status).toBe(200);
    expect(body).toBe('<!doctype html>the page');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1'])(
    'refuses the host name %s, which may be rebound to this address',
    async (host) => {
      await open();
      expect((await ask('/', { headers: { host } })).status).toBe(421);
    },
  );

  it('answers to localhost with its port', async () => {
    await open();
    expect((await ask('/', { headers: { host: `localhost:${door!.port}` } })).status).toBe(200);
  });

  it.each([
    '/../secret.html',
    '/..%2fsecret.html',
    '/%2e%2e/secret.html',
    '/.\\..\\secret.html',
    '//etc/passwd',
  ])('serves nothing outside the page for %s', async (path) => {
    await open();
    const { status, body } = await ask(path, {});
    expect(status).toBe(404);
    expect(body).not.toContain('not for pages');
  });

  it('refuses to be written to', async () => {
    await open();
    expect((await ask('/', { method: 'PUT', headers: { origin: origin() } })).status).toBe(405);
  });

  it('exchanges a link’s token for a session once', async () => {
    await open();
    const token = tokenOf(door!.newLink());
    expect((await exchange(token)).status).toBe(200);
    expect((await exchange(token)).status).toBe(403);
  });

  it('forgets an unused link when another one is made', async () => {
    await open();
    const first = tokenOf(door!.newLink());
    const second = tokenOf(door!.newLink());
    expect((await exchange(first)).status).toBe(403);
    expect((await exchange(second)).status).toBe(200);
  });

  it('gives no session to another site, to a caller without an origin, or for a wrong or huge body', async () => {
    await open();
    const token = tokenOf(door!.newLink());
    expect((await exchange(token, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await exchange(token, { origin: 'null' })).status).toBe(403);
    expect((await exchange(token, {})).status).toBe(403);
    expect((await exchange('')).status).toBe(403);
    for (const body of ['', '{', '{"token":7}', 'x'.repeat(100_000)]) {
      const answer = await ask(sessionPath, { method: 'POST', headers: { origin: origin() }, body });
      expect(answer.status).toBe(403);
    }
    expect((await exchange(token)).status).toBe(200);
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
    const page = await connectedPage();
    page.socket.send(JSON.stringify({ id: 1, name: 'vm.list', params: {} }));
    expect(await page.next()).toEqual({ kind: 'answer', id: 1, outcome: { result: [] } });
    expect(engine.asked).toEqual([{ name: 'vm.list', params: {} }]);
  });

  it('answers a request that is refused with the catalogue’s error', async () => {
    await open();
    const page = await connectedPage();
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
    const page = await connectedPage();
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
    const page = new Page(headers);
    expect(await page.closed).toBe(1006);
  });

  it.each([[{ session: 'guessed' }], [{}], ['hello'], [{ id: 1, name: 'status', params: {} }]])(
    'ends at the first message %j, which carries no known session',
    async (message) => {
      await open();
      await newSession();
      const page = new Page();
      await page.hello(message);
      expect(await page.closed).toBe(4401);
      expect(engine.asked).toEqual([]);
    },
  );

  it('ends at a message that is no request, and at one that is too large', async () => {
    await open();
    const malformed = await connectedPage();
    malformed.socket.send('{"id":0}');
    expect(await malformed.closed).toBe(1007);
    const oversized = await connectedPage();
    oversized.socket.send('x'.repeat(300 * 1024));
    expect(await oversized.closed).toBe(1009);
  });

  it('pushes to a page until it goes away', async () => {
    await open();
    const page = await connectedPage();
    engine.push({ kind: 'unprotected', vmId: 'a' });
    expect(await page.next()).toEqual({ kind: 'pushes', pushes: [{ kind: 'unprotected', vmId: 'a' }] });
    expect(engine.listeners).toBe(1);
    await door!.close();
    await page.closed;
    door = undefined;
    expect(engine.listeners).toBe(0);
  });
});
