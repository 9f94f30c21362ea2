import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AlertsReport } from '../../contract/alerts.ts';
import { type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import type { AlertSources } from './alert-sources.ts';
import type { MetricsFacts } from './render-metrics.ts';

const address = '127.0.0.1';
const path = '/metrics';

/** Serves metrics on this machine while that is switched on. `Host` is checked: a page whose name is rebound to this address gets nothing. */
export class MetricsServer {
  readonly #sources: AlertSources;
  readonly #facts: () => Promise<MetricsFacts>;
  #server: Server | null = null;
  #port = 0;
  #error: ErrorReport | null = null;
  /** Changes follow one another. */
  #last: Promise<void> = Promise.resolve();

  constructor(sources: AlertSources, facts: () => Promise<MetricsFacts>) {
    this.#sources = sources;
    this.#facts = facts;
  }

  /** Serves, or stops serving, as the settings say now. */
  apply(): Promise<void> {
    const { enabled, port } = this.#sources.settings.get('metrics');
    return this.#then(async () => {
      await this.#close();
      if (enabled) await this.#listen(port);
    });
  }

  stop(): Promise<void> {
    return this.#then(() => this.#close());
  }

  report(): Pick<AlertsReport, 'metricsUrl' | 'metricsError'> {
    const metricsUrl = this.#server === null ? null : `http://${address}:${this.#port}${path}`;
    return { metricsUrl, metricsError: this.#error };
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work, work);
    return this.#last;
  }

  async #listen(port: number): Promise<void> {
    const server = createServer((request, response) => {
      this.#sources.background.run('Serving metrics', () => this.#answer(request, response));
    });
    try {
      server.listen(port, address);
      await once(server, 'listening');
    } catch (cause) {
      const why =
        (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'another program uses it' : String(cause);
      const text = `Metrics cannot be served on port ${port} of ${address}: ${why}.`;
      this.#error = new ReplicationError('PORT_UNAVAILABLE', text, { cause }).toReport();
      this.#sources.events.warning(text, { code: 'PORT_UNAVAILABLE' });
      return;
    }
    this.#server = server;
    this.#port = port;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#error = null;
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #answer({ method, headers, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const isOurs = headers.host === `${address}:${this.#port}` || headers.host === `localhost:${this.#port}`;
    if (!isOurs) return end(response, 403, 'Not this host.\n');
    if (url.split('?')[0] !== path) return end(response, 404, `Metrics are at ${path}.\n`);
    if (method !== 'GET') return end(response, 405, 'GET only.\n');
    try {
      const { renderMetrics } = await import('./render-metrics.ts');
      const { type, text } = await renderMetrics(await this.#facts());
      end(response, 200, text, type);
    } catch (thrown) {
      end(response, 500, 'The metrics cannot be told now.\n');
      throw thrown;
    }
  }
}

const end = (response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8') => {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(text);
};
