import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { PageBlobClient } from '@azure/storage-blob';
import { usualAnswerMs } from './azure-client.ts';
import { crc64 } from './crc64.ts';
import { type PageSigner, pageSignerOf, type RequestHeaders } from './page-signer.ts';
import { PageWriteError, refusalOf } from './page-write-error.ts';
import { bytesOf, type Pieces } from './pieces.ts';
import { agentFor } from './proxy-way.ts';

/** A page blob that this installation writes, and the lease that keeps every other writer out. */
export interface LeasedPages {
  readonly client: PageBlobClient;
  readonly leaseId: string;
}

/** Old enough for every cloud and emulator; the first with a CRC64 of the content is 2019-02-02. */
const serviceVersion = '2023-11-03';
/** As for the requests that the SDK sends: what lasts longer than a hiccup is the engine's to wait for. */
const mostTries = 3;
const firstDelayMs = 100;

/** Services that know no CRC64, by origin. */
const withoutChecksum = new Set<string>();

/**
 * `Put Page` without the SDK's pipeline, which costs several times what the request itself does: this is the one request
 * that a disk's bytes go through. The sign-in, the address and the errors are the SDK's.
 *
 * Every write carries the CRC64 of its content, which the service compares with what arrived, and which is compared with
 * the one that the service answers. The emulator before 3.37 can do neither and refuses the header: it gets none.
 */
export class PageWriter {
  readonly #leaseId: string;
  readonly #url: URL;
  readonly #path: string;
  readonly #sign: PageSigner;
  readonly #agent: Agent;
  readonly #answerMs: number;

  /** @param answerMs how long a try may be silent */
  constructor({ client, leaseId }: LeasedPages, answerMs = usualAnswerMs) {
    this.#answerMs = answerMs;
    this.#leaseId = leaseId;
    this.#url = new URL(client.url);
    this.#path = `${this.#url.pathname}${this.#url.search === '' ? '?' : `${this.#url.search}&`}comp=page`;
    this.#sign = pageSignerOf(client);
    this.#agent = agentFor(client.url);
  }

  /** Returns the blob's new ETag. @throws an error that `azureError` knows */
  async write(data: Pieces, offset: number): Promise<string> {
    let checksum: string | null = null;
    for (let tries = 1; ; tries += 1) {
      try {
        checksum = withoutChecksum.has(this.#url.origin)
          ? null
          : (checksum ?? crc64(...data).toString('base64'));
        return await this.#try(data, offset, checksum);
      } catch (thrown) {
        if (!(thrown instanceof PageWriteError)) throw thrown;
        if (thrown.refusesChecksum && !withoutChecksum.has(this.#url.origin)) {
          withoutChecksum.add(this.#url.origin);
          continue;
        }
        if (!thrown.isHiccup || tries === mostTries) throw thrown;
        await pause(Math.max(firstDelayMs * tries, thrown.retryAfterMs ?? 0));
      }
    }
  }

  async #try(data: Pieces, offset: number, checksum: string | null): Promise<string> {
    const length = bytesOf(data);
    const range = `${offset}-${offset + length - 1}`;
    const headers: RequestHeaders = {
      'content-length': length,
      'content-type': 'application/octet-stream',
      'x-ms-date': new Date().toUTCString(),
      'x-ms-lease-id': this.#leaseId,
      'x-ms-page-write': 'update',
      'x-ms-range': `bytes=${range}`,
      'x-ms-version': serviceVersion,
    };
    if (checksum !== null) headers['x-ms-content-crc64'] = checksum;
    await this.#sign(headers);
    const { answer, body } = await this.#put(headers, data);
    if (answer.statusCode !== 201) throw refusalOf(answer, body);
    const stored = answer.headers['x-ms-content-crc64'];
    if (checksum !== null && stored !== undefined && stored !== checksum) {
      throw new PageWriteError(
        `The service has the checksum ${String(stored)} for bytes ${range}, which were sent with ${checksum}.`,
        { status: 400, code: 'Crc64Mismatch' },
      );
    }
    return answer.headers.etag ?? '';
  }

  #put(headers: RequestHeaders, data: Pieces): Promise<{ answer: IncomingMessage; body: string }> {
    const { hostname, port, protocol } = this.#url;
    const request = protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const fail = (cause: Error): void => reject(PageWriteError.broken(cause));
      const sent = request({
        method: 'PUT',
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port,
        path: this.#path,
        headers,
        agent: this.#agent,
        timeout: this.#answerMs,
      });
      sent.once('error', fail);
      sent.once('timeout', () => sent.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })));
      sent.once('response', (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
        });
        answer.once('error', fail);
        answer.once('end', () => resolve({ answer, body }));
      });
      sent.cork();
      for (const piece of data) sent.write(piece);
      sent.end();
    });
  }
}
