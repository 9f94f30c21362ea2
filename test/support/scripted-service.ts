import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { localCertificate } from './local-certificate.ts';

/** What becomes of a request. */
export type Answer = (answer: ServerResponse, request: IncomingMessage) => void;

/** A server in the place of the blob service: it answers every request as it was told to. */
export class ScriptedService {
  /** The moments of the requests, ms. */
  readonly times: number[] = [];
  answer: Answer = (response) => void response.writeHead(500).end();
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';

  private constructor(scheme: 'http' | 'https') {
    this.#scheme = scheme;
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      this.times.push(performance.now());
      request.resume();
      this.answer(response, request);
    };
    this.#server = scheme === 'http' ? createServer(serve) : createTlsServer(localCertificate, serve);
  }

  static async start(scheme: 'http' | 'https' = 'http'): Promise<ScriptedService> {
    const service = new ScriptedService(scheme);
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://127.0.0.1:${port}/account`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A refusal as the service words it. */
export const refused =
  (status: number, code: string, headers: Readonly<Record<string, string>> = {}, message = 'No.'): Answer =>
  (response, { method }) => {
    const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code, ...headers });
    response.end(method === 'HEAD' ? undefined : body);
  };
