import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { AzureAccess } from '../../src/main/vault/azure/azure-access.ts';
import type { Azurite } from './azurite.ts';

/** One request as it passed. */
export interface SeenRequest {
  readonly method: string;
  /** Below the container, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * What becomes of a request: it passes, at once or after a moment; the connection breaks before the service sees it, or after the service did what
 * was asked; or it is answered in the service's place.
 */
export type Fate =
  | 'pass'
  | 'break'
  | 'loseAnswer'
  | 'halfAnswer'
  | 'slow'
  | { readonly status: number; readonly code: string; readonly headers?: Readonly<Record<string, string>> };

const slowMs = 200;

const missingBytes = 1000;

/** The headers as they are, then the connection breaks in the middle of the content; of none there is more announced. */
const answerHalf = async (
  reply: IncomingMessage,
  answer: ServerResponse,
  incoming: IncomingMessage,
): Promise<void> => {
  const content = Buffer.concat(await reply.toArray());
  const { 'transfer-encoding': _chunked, ...headers } = reply.headers;
  const length = content.length > 0 ? content.length : missingBytes;
  answer.writeHead(reply.statusCode ?? 500, { ...headers, 'content-length': length });
  answer.flushHeaders();
  answer.write(content.subarray(0, content.length / 2), () => incoming.socket.destroy());
};

/** A proxy before the emulator that notes every request and lets scripted ones fail. */
export class FaultProxy {
  readonly seen: SeenRequest[] = [];
  /** What of it the service has done, in that order, whether or not anybody heard of it. */
  readonly done: SeenRequest[] = [];
  /** Decides over each request; `index` counts from 0 since the last `reset`. */
  fate: (request: SeenRequest, index: number) => Fate = () => 'pass';
  /** Told of each request whose answer has left. */
  answered: (request: SeenRequest) => void = () => undefined;
  readonly #azurite: Azurite;
  #port = 0;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(azurite: Azurite) {
    this.#azurite = azurite;
    this.#server = createServer((incoming, answer) => void this.#serve(incoming, answer));
  }

  static async start(azurite: Azurite): Promise<FaultProxy> {
    const proxy = new FaultProxy(azurite);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get access(): AzureAccess {
    const endpoint = this.#azurite.access.endpoint.replace(/:\d+\//, `:${this.#listening()}/`);
    return { ...this.#azurite.access, endpoint };
  }

  get connectionString(): string {
    const { endpoint } = this.#azurite.access;
    return this.#azurite.connectionString.replace(endpoint, this.access.endpoint);
  }

  /** Forgets what it saw and lets everything pass. */
  reset(): void {
    this.seen.length = 0;
    this.done.length = 0;
    this.fate = () => 'pass';
    this.answered = () => undefined;
  }

  /** As when a firewall closes the port: connections break, and new ones are refused. */
  async block(): Promise<void> {
    this.#port = this.#listening();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async unblock(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #listening(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen');
    return address.port;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const seen = { method, path: url.split('/').slice(3).join('/'), headers };
    const index = this.seen.push(seen) - 1;
    answer.once('close', () => this.answered(seen));
    const fate = this.fate(seen, index);
    if (fate === 'slow') await setTimeout(slowMs);
    if (fate === 'break') return void incoming.socket.destroy();
    if (typeof fate === 'object') {
      incoming.resume();
      answer
        .writeHead(fate.status, { 'x-ms-error-code': fate.code, 'content-length': 0, ...fate.headers })
        .end();
      return;
    }
    const options = {
      host: '127.0.0.1',
      port: this.#azurite.port,
      method,
      path: url,
      headers,
      agent: this.#agent,
    };
    const forwarded = request(options, (reply) => {
      if ((reply.statusCode ?? 500) < 300) this.done.push(seen);
      if (fate === 'loseAnswer') {
        reply.resume();
        reply.once('end', () => incoming.socket.destroy());
        return;
      }
      if (fate === 'halfAnswer') return void answerHalf(reply, answer, incoming);
      answer.writeHead(reply.statusCode ?? 500, reply.rawHeaders);
      reply.pipe(answer);
    });
    forwarded.once('error', () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  }
}
