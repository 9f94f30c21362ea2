import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import type { ConsoleClient } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { sessionPath, socketPath } from '../../contract/page-messages.ts';
import { parseJson } from '../platform/parse-json.ts';
import { type DoorAddress, doorAddress } from './door-address.ts';
import { readPageFile } from './page-files.ts';
import { PageSessions } from './page-sessions.ts';
import { defaultPageLimits, type PageLimits, servePageSocket } from './page-socket.ts';

const largestMessageBytes = 256 * 1024;
const largestTokenBytes = 1024;
const goingAwayCode = 1001;

/** What strangers may cost the agent, who need no session to connect. */
export interface DoorLimits extends PageLimits {
  /** Connections at the same time, pages' included. */
  readonly connections: number;
  /** Pages at the same time. */
  readonly pages: number;
  /** How long a request, and a TLS handshake, may take to come in whole. */
  readonly requestMs: number;
}

const defaultLimits: DoorLimits = { ...defaultPageLimits, connections: 128, pages: 32, requestMs: 10_000 };

const tokenSchema = z.object({ token: z.string() });

export interface BrowserDoorOptions {
  readonly client: ConsoleClient;
  /** Where the built page lies. */
  readonly rendererDirectory: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The loopback address when not given. */
  readonly address?: DoorAddress;
  readonly limits?: Partial<DoorLimits>;
}

/**
 * Serves the console to browsers: the page over HTTP, the contract over a WebSocket; on the loopback address unless it was
 * given another and TLS. `Host` and `Origin` are checked, so that neither a name that is rebound to this address nor
 * another site in the same browser gets in; the rest needs a session.
 */
export class BrowserDoor {
  readonly #client: ConsoleClient;
  readonly #rendererDirectory: string;
  readonly #port: number;
  readonly #address: DoorAddress;
  readonly #limits: DoorLimits;
  readonly #sessions = new PageSessions();
  readonly #http: ReturnType<typeof createHttpServer>;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessageBytes });

  constructor({ client, rendererDirectory, port, address = doorAddress(), limits }: BrowserDoorOptions) {
    this.#client = client;
    this.#rendererDirectory = rendererDirectory;
    this.#port = port;
    this.#address = address;
    this.#limits = { ...defaultLimits, ...limits };
    const { requestMs, connections } = this.#limits;
    const timing = {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1000, requestMs),
    };
    const { tls } = address;
    const serve = (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response);
    this.#http =
      tls === null
        ? createHttpServer(timing, serve)
        : createHttpsServer(
            { ...timing, cert: tls.certificate, key: tls.key, handshakeTimeout: requestMs },
            serve,
          );
    this.#http.maxConnections = connections;
    this.#http.timeout = requestMs;
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @throws ReplicationError `PORT_UNAVAILABLE` */
  listen(): Promise<void> {
    const { bind } = this.#address;
    return new Promise((resolve, reject) => {
      this.#http.once('error', (cause) => {
        reject(
          new ReplicationError(
            'PORT_UNAVAILABLE',
            `The agent cannot listen on ${bind}:${this.#port}: ${cause.message}`,
            { cause },
          ),
        );
      });
      this.#http.listen(this.#port, bind, resolve);
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get #origin(): string {
    return `${this.#address.scheme}://${this.#address.linkHost}:${this.port}`;
  }

  /** A link that opens the console once; earlier unused links are good no longer. */
  newLink(): string {
    return `${this.#origin}/#token=${this.#sessions.newToken()}`;
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
    return this.#address.isOurs(headers.host, this.port);
  }

  /** Browsers name the origin with every POST and WebSocket. */
  #isOurOrigin({ headers }: IncomingMessage): boolean {
    return headers.origin === `${this.#address.scheme}://${headers.host}`;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      const { message } = ReplicationError.from(error);
      refuse(response, 500, message);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isOurHost(request)) {
      return refuse(response, 421, `This agent answers at ${this.#origin} only.`);
    }
    const pathname = pathOf(request);
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
    // A stranger who hangs up while being refused.
    socket.on('error', () => socket.destroy());
    const admitted = this.#isOurHost(request) && this.#isOurOrigin(request) && pathOf(request) === socketPath;
    if (!admitted) refuseUpgrade(socket, '403 Forbidden');
    else if (this.#sockets.clients.size >= this.#limits.pages)
      refuseUpgrade(socket, '503 Service Unavailable');
    else this.#admit(request, socket, head);
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (opened) =>
      servePageSocket(this.#client, opened, (session) => this.#sessions.isKnown(session), this.#limits),
    );
  }
}

/** The path asked for; nothing of the console when it is none. */
const pathOf = ({ url }: IncomingMessage): string => URL.parse(url ?? '/', 'http://agent')?.pathname ?? '';

const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
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
