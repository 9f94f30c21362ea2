import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { testNotification } from '../../../src/main/alerts/compose-notification.ts';
import { sendWebhook, signatureHeader } from '../../../src/main/alerts/webhook-channel.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { localCertificate } from '../../support/local-certificate.ts';
import { trustedTls } from '../../support/trusted-tls.ts';

const secret = 'a key of some length';
const trust = trustedTls();
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

const listen = async (server: Server): Promise<string> => {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

interface Call {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Answers each call with the next status, the last one ever after. */
const answering =
  (calls: Call[], statuses: readonly number[], location = ''): RequestListener =>
  (request, response) => {
    void buffer(request).then((body) => {
      calls.push({ headers: request.headers, body });
      const status = statuses[Math.min(calls.length, statuses.length) - 1] ?? 204;
      response.writeHead(status, location === '' ? {} : { location }).end();
    });
  };

const clock = new FakeClock();
const notification = testNotification({ id: 'n-1', atMs: clock.now(), host: 'HV1' });

const send = async (url: string, key: string | null = secret) => {
  const sent = sendWebhook(
    { enabled: true, url },
    key,
    notification,
    clock,
    new AbortController().signal,
  ).then(
    () => 'sent',
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  );
  const outcome = { done: false };
  void sent.finally(() => {
    outcome.done = true;
  });
  // Lets the waits between tries pass.
  while (!outcome.done) await clock.advance(1000);
  return sent;
};

describe('an alert by webhook', () => {
  it('is JSON, with a signature of its time and body that the receiver can compute', async () => {
    const calls: Call[] = [];
    const server = await listen(createHttps(localCertificate, answering(calls, [204])));
    trust();
    expect(await send(`https://${server}/hooks/1`)).toBe('sent');
    const [{ headers, body }] = calls as [Call];
    expect(JSON.parse(body.toString())).toEqual({ version: 1, ...notification });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['x-hvrc-delivery']).toBe('n-1');
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers[signatureHeader]))!;
    expect(Number(seconds)).toBeCloseTo(clock.now() / 1000, -2);
    expect(mac).toBe(createHmac('sha256', secret).update(`${seconds}.${body.toString()}`).digest('hex'));
  });

  it('is sent again, signed anew, when the server is busy', async () => {
    const calls: Call[] = [];
    const server = await listen(createHttp(answering(calls, [503, 429, 200])));
    expect(await send(`http://${server}/`)).toBe('sent');
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ headers }) => headers[signatureHeader])).size).toBe(3);
    expect(new Set(calls.map(({ body }) => body.toString())).size).toBe(1);
  });

  it('is given up for now after three tries', async () => {
    const calls: Call[] = [];
    const server = await listen(createHttp(answering(calls, [500])));
    expect(await send(`http://${server}/`)).toEqual({
      code: 'ALERT_UNREACHABLE',
      message: `The message was not taken by the webhook at ${server} for now (500).`,
    });
    expect(calls).toHaveLength(3);
  });

  it('does not follow where it is sent on', async () => {
    const elsewhere: Call[] = [];
    const target = await listen(createHttp(answering(elsewhere, [200])));
    const calls: Call[] = [];
    const server = await listen(createHttp(answering(calls, [307], `http://${target}/`)));
    expect(await send(`http://${server}/secret-path`)).toEqual({
      code: 'ALERT_REFUSED',
      message: `The message was not taken by the webhook at ${server}: it points elsewhere (307), and messages go to the address that was set only.`,
    });
    expect(calls).toHaveLength(1);
    expect(elsewhere).toEqual([]);
  });

  it('that is refused is tried once', async () => {
    const calls: Call[] = [];
    const server = await listen(createHttp(answering(calls, [403])));
    expect(await send(`http://${server}/`)).toEqual({
      code: 'ALERT_REFUSED',
      message: `The message was refused by the webhook at ${server} (403).`,
    });
    expect(calls).toHaveLength(1);
  });

  it('is not sent to a server whose certificate nobody vouches for, or that does not speak TLS', async () => {
    const calls: Call[] = [];
    const secure = await listen(createHttps(localCertificate, answering(calls, [204])));
    expect(await send(`https://${secure}/`)).toEqual({
      code: 'ALERT_UNTRUSTED',
      message: `The webhook at ${secure} cannot be used: its certificate is self-signed.`,
    });
    const plain = await listen(createHttp(answering(calls, [204])));
    expect(await send(`https://${plain}/`)).toMatchObject({ code: 'ALERT_UNTRUSTED' });
    expect(calls).toEqual([]);
  });

  it('says that nobody answers', async () => {
    const server = await listen(createHttp());
    servers.pop()!.close();
    expect(await send(`http://${server}/`)).toEqual({
      code: 'ALERT_UNREACHABLE',
      message: `The webhook at ${server} cannot be used: it refused the connection.`,
    });
  });

  it('is not tried without a key', async () => {
    expect(await send('http://127.0.0.1:1/', null)).toEqual({
      code: 'ALERT_CHANNEL_OFF',
      message: 'The webhook cannot be called. No key to sign its messages is kept.',
    });
  });
});
