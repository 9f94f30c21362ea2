import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { networkError } from './network-error.ts';

const timeoutMs = 15_000;
/** What a server says beyond that is of no interest. */
const longestAnswer = 4096;

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** What people call the server. */
  readonly server: string;
  readonly signal: AbortSignal;
}

/**
 * One request with a time limit, whatever the server does; redirects are answers like others and are not followed.
 * @throws ReplicationError `ALERT_UNREACHABLE`, `ALERT_UNTRUSTED`
 */
export const callHttp = (
  url: string,
  { method, headers = {}, body, server, signal }: HttpCall,
): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const { protocol } = new URL(url);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const fail = (thrown: unknown) => reject(networkError(server, thrown));
    const request = (protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      signal: limit,
      agent: false,
    });
    request.on('error', fail);
    request.once('response', (response) => {
      let text = '';
      const done = () => resolve({ status: response.statusCode ?? 0, text });
      response.setEncoding('utf8');
      response.on('error', fail);
      response.once('end', done);
      response.on('data', (chunk: string) => {
        text = (text + chunk).slice(0, longestAnswer);
        if (text.length < longestAnswer) return;
        done();
        response.destroy();
      });
    });
    request.end(body);
  });
