import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { type DoorMessage, sessionPath, socketPath } from '../../src/contract/page-messages.ts';
import type { BrowserDoor } from '../../src/main/transport/websocket.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const tokenOf = (link: string) => new URLSearchParams(new URL(link).hash.slice(1)).get('token')!;

/** A page's WebSocket; what it hears is kept in order. */
export class DoorPage {
  readonly socket: WebSocket;
  /** The close code. */
  readonly closed: Promise<number>;
  readonly #heard: DoorMessage[] = [];
  #wake: (() => void) | null = null;

  constructor(port: number, headers: IncomingHttpHeaders, options: { readonly autoPong?: boolean } = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${socketPath}`, { headers, ...options });
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

/** What a browser, or somebody who only looks like one, does to an agent. */
export class DoorClient {
  readonly #door: BrowserDoor;

  constructor(door: BrowserDoor) {
    this.#door = door;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#door.port}`;
  }

  /** A request with any headers, as a rebound name or another site would make it; `fetch` forbids some. */
  ask(
    path: string,
    {
      method = 'GET',
      headers = {},
      body = '',
    }: { method?: string; headers?: IncomingHttpHeaders; body?: string } = {},
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#door.port, path, method, headers };
      const sent = httpRequest(options, (response) => {
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
  }

  exchange(token: string, headers: IncomingHttpHeaders = { origin: this.origin }): Promise<HttpAnswer> {
    return this.ask(sessionPath, { method: 'POST', headers, body: JSON.stringify({ token }) });
  }

  async newSession(): Promise<string> {
    const { body } = await this.exchange(tokenOf(this.#door.newLink()));
    return (JSON.parse(body) as { session: string }).session;
  }

  page(headers: IncomingHttpHeaders = { origin: this.origin }): DoorPage {
    return new DoorPage(this.#door.port, headers);
  }

  /** A page with a session, welcomed. */
  async connectedPage(options: { readonly autoPong?: boolean } = {}): Promise<DoorPage> {
    const page = new DoorPage(this.#door.port, { origin: this.origin }, options);
    await page.hello({ session: await this.newSession() });
    const { kind } = await page.next();
    if (kind !== 'welcome') throw new Error(`The page was not welcomed but told ${kind}.`);
    return page;
  }
}
