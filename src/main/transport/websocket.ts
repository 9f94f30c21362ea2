import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { ConsoleClient } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import {
  type DoorMessage,
  type PageHello,
  type PageRequest,
  sessionPath,
  sessionRefusedCode,
  socketPath,
} from '../../contract/page-messages.ts';
import { answerPage } from './answer-page.ts';
import { readPageFile } from './page-files.ts';
import { PageSessions } from './page-sessions.ts';
import { PushBatch } from './push-batch.ts';

const address = '127.0.0.1';
const largestMessageBytes = 256 * 1024;
const largestTokenBytes = 1024;
const helloTimeoutMs = 10_000;
const invalidMessageCode = 1007;
const goingAwayCode = 1001;

const helloSchema: z.ZodType<PageHello> = z.object({ session: z.string().max(largestTokenBytes) });
const requestSchema: z.ZodType<PageRequest> = z.object({
  id: z.int().positive(),
  name: z.string().max(100),
  params: z.unknown(),
});
const tokenSchema = z.object({ token: z.string() });

export interface BrowserDoorOptions {
  readonly client: ConsoleClient;
  /** Where the built page lies. */
  readonly rendererDirectory: string;
  /** 0 for any free one. */
  readonly port: number;
}

/**
 * Serves the console to browsers of this machine: the page over HTTP, the contract over a WebSocket, on the loopback
 * address only. `Host` and `Origin` are checked, so that neither a name that is rebound to this address nor
 * another site in the same browser gets in; the rest needs a session.
 */
export class BrowserDoor {
  readonly #client: ConsoleClient;
  readonly #rendererDirectory: string;
  readonly #port: number;
  readonly #sessions = new PageSessions();
  readonly #http = createServer((request, response) => this.#serve(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessageBytes });

  constructor({ client, rendererDirectory, port }: BrowserDoorOptions) {
    this.#client = client;
    this.#rendererDirectory = rendererDirectory;
    this.#port = port;
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @throws ReplicationError `PORT_UNAVAILABLE` */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', (cause) => {
        reject(
          new ReplicationError(
            'PORT_UNAVAILABLE',
            `The agent cannot listen on ${address}:${this.#port}: ${cause.message}`,
            { cause },
          ),
        );
      });
      this.#http.listen(this.#port, address, resolve);
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** A link that opens the console once; earlier unused links are good no longer. */
  newLink(): string {
    return `http://${address}:${this.port}/#token=${this.#sessions.newToken()}`;
  }

  /** Ends the pages' connections; each page connects again and asks anew for everything. */
  dropPages(): void {
    for (const socket of this.#sockets.clients) socket.close(goingAwayCode);
  }

  async close(): Promise<void> {
    this.dropPages();
    this.#sockets.close();
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
    await closed;
  }

  #isOurHost({ headers }: IncomingMessage): boolean {
    return headers.host === `${address}:${this.port}` || headers.host === `localhost:${this.port}`;
  }

  /** Browsers name the origin with every POST and WebSocket. */
  #isOurOrigin({ headers }: IncomingMessage): boolean {
    return headers.origin === `http://${headers.host}`;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      const { message } = ReplicationError.from(error);
      refuse(response, 500, message);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isOurHost(request)) {
      return refuse(response, 421, `This agent answers at http://${address}:${this.port} only.`);
    }
    const { pathname } = new URL(request.url ?? '/', `http://${address}`);
    if (request.method === 'POST' && pathname === sessionPath) return this.#openSession(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'Only GET is served here.');
    }
    const { status, headers, body } = await readPageFile(this.#rendererDirectory, pathname);
    response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
  }

  async #openSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isOurOrigin(request)) return refuse(response, 403, 'Another site may not open a session.');
    const body = await readSmallBody(request);
    const token = body === undefined ? undefined : tokenSchema.safeParse(parseJson(body)).data?.token;
    const session = token === undefined ? undefined : this.#sessions.exchange(token);
    if (session === undefined) return refuse(response, 403, 'This link is not, or no longer, good.');
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ session }));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? '/', `http://${address}`);
    if (!this.#isOurHost(request) || !this.#isOurOrigin(request) || pathname !== socketPath) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#welcome(opened));
  }

  /** The first message must carry a known session. */
  #welcome(socket: WebSocket): void {
    const timer = setTimeout(() => socket.close(sessionRefusedCode), helloTimeoutMs);
    // A frame that is too large or broken: ws closes the socket after this, with the fitting code.
    socket.on('error', () => socket.close());
    socket.once('close', () => clearTimeout(timer));
    socket.once('message', (data) => {
      clearTimeout(timer);
      const hello = helloSchema.safeParse(parseJson(String(data)));
      if (hello.success && this.#sessions.isKnown(hello.data.session)) this.#serveSocket(socket);
      else socket.close(sessionRefusedCode);
    });
  }

  #serveSocket(socket: WebSocket): void {
    const send = (message: DoorMessage): void => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    };
    const batch = new PushBatch((pushes) => send({ kind: 'pushes', pushes }));
    const unsubscribe = this.#client.subscribe((push) => batch.add(push));
    socket.once('close', () => {
      unsubscribe();
      batch.stop();
    });
    socket.on('message', (data) => {
      const request = requestSchema.safeParse(parseJson(String(data)));
      if (!request.success) return socket.close(invalidMessageCode);
      const { id, name, params } = request.data;
      void answerPage(this.#client, name, params).then((outcome) => send({ kind: 'answer', id, outcome }));
    });
    send({ kind: 'welcome' });
  }
}

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
};

/** The parsed text, or undefined when it is not JSON; no schema accepts undefined. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The body, or undefined when it is larger than any token. */
const readSmallBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > largestTokenBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};
