import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnonymousCredential, PageBlobClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { azureError } from '../../../../src/main/vault/azure/azure-errors.ts';
import { crc64 } from '../../../../src/main/vault/azure/crc64.ts';
import { PageWriter } from '../../../../src/main/vault/azure/page-writer.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

let server: Server;
let received: Received[];
/** What the service answers to each request; the last one for all that follow. */
let answers: ((answer: ServerResponse, request: Received) => void)[];

const accepted = (answer: ServerResponse, { body }: Received): void => {
  answer.writeHead(201, { etag: '"0x7"', 'x-ms-content-crc64': crc64(body).toString('base64') }).end();
};
const refusal =
  (status: number, code: string, message = 'no', headers = {}) =>
  (answer: ServerResponse): void => {
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    answer.writeHead(status, { 'x-ms-error-code': code, ...headers }).end(body);
  };

beforeEach(async () => {
  received = [];
  answers = [accepted];
  server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = { url: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks) };
    const index = Math.min(received.push(request), answers.length) - 1;
    answers[index]!(answer, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const writer = (credential: PageBlobClient['credential'] = new AnonymousCredential()) => {
  const { port } = server.address() as AddressInfo;
  const client = new PageBlobClient(
    `http://127.0.0.1:${port}/account/vault/vm/disk.vhd?sig=secret`,
    credential,
  );
  return new PageWriter({ client, leaseId: 'lease' });
};

const data = Buffer.alloc(1024, 0x5a);

const errorOf = async (work: Promise<unknown>) => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).not.toBeNull();
  return azureError(thrown, 'the blob');
};

describe('a page write', () => {
  it('names range, lease and checksum, and gives the new ETag', async () => {
    expect(await writer().write([data], 4096)).toBe('"0x7"');
    expect(received).toHaveLength(1);
    expect(received[0]!.url).toBe('/account/vault/vm/disk.vhd?sig=secret&comp=page');
    expect(received[0]!.body.equals(data)).toBe(true);
    expect(received[0]!.headers).toMatchObject({
      'content-length': '1024',
      'x-ms-content-crc64': crc64(data).toString('base64'),
      'x-ms-lease-id': 'lease',
      'x-ms-page-write': 'update',
      'x-ms-range': 'bytes=4096-5119',
    });
  });

  it('may come in pieces, shared memory among them', async () => {
    const shared = Buffer.from(new SharedArrayBuffer(64 * 1024)).fill(0x5a);
    const pieces = [data, shared.subarray(512, 4096), shared.subarray(0, 512)];
    expect(await writer().write(pieces, 0)).toBe('"0x7"');
    const whole = Buffer.concat(pieces);
    expect(received[0]!.body.equals(whole)).toBe(true);
    expect(received[0]!.headers).toMatchObject({
      'content-length': String(whole.length),
      'x-ms-content-crc64': crc64(whole).toString('base64'),
    });
  });

  it('carries the token of a credential, asked for once', async () => {
    let asked = 0;
    const getToken = async () => {
      asked += 1;
      return { token: 'abc', expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    const client = writer({ getToken });
    await client.write([data], 0);
    await client.write([data], 1024);
    expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', 'Bearer abc']);
    expect(asked).toBe(1);
  });

  it('is repeated when the service has other bytes than were sent', async () => {
    const other = crc64(Buffer.alloc(1024)).toString('base64');
    const damaged = (answer: ServerResponse) =>
      void answer.writeHead(201, { 'x-ms-content-crc64': other }).end();
    answers = [damaged, refusal(400, 'Crc64Mismatch'), accepted];
    expect(await writer().write([data], 0)).toBe('"0x7"');
    expect(received).toHaveLength(3);
    answers = [damaged];
    const error = await errorOf(writer().write([data], 0));
    expect(error).toMatchObject({ code: 'VAULT_WRITE_FAILED', class: 'recoverable' });
    expect(String(error.cause)).toContain(`the checksum ${other} for bytes 0-1023`);
  });

  it('goes without a checksum to an emulator that refuses the header', async () => {
    const text = 'x-ms-content-crc64 header or parameter is not supported in Azurite strict mode.';
    const plain = (answer: ServerResponse) => void answer.writeHead(201, { etag: '"0x8"' }).end();
    answers = [refusal(500, 'FeatureNotSupported', text), plain];
    expect(await writer().write([data], 0)).toBe('"0x8"');
    expect(await writer().write([data], 0)).toBe('"0x8"');
    expect(received.map(({ headers }) => 'x-ms-content-crc64' in headers)).toEqual([true, false, false]);
  });

  it.each([
    ['a reset', (answer: ServerResponse) => void answer.socket?.destroy(), 'VAULT_UNREACHABLE', 3],
    [
      'half an answer',
      (answer: ServerResponse) => {
        answer.writeHead(201, { 'content-length': 100 });
        answer.write('half', () => answer.socket?.destroy());
      },
      'VAULT_UNREACHABLE',
      3,
    ],
    ['503', refusal(503, 'ServerBusy', 'busy'), 'VAULT_UNREACHABLE', 3],
    ['403', refusal(403, 'AuthorizationPermissionMismatch'), 'VAULT_ACCESS_DENIED', 1],
    [
      'an expired signature',
      refusal(403, 'AuthenticationFailed', 'Signature not valid in the specified time frame'),
      'VAULT_ACCESS_DENIED',
      1,
    ],
    ['a lost lease', refusal(412, 'LeaseIdMismatchWithBlobOperation'), 'VAULT_IN_USE', 1],
    ['a blob that is gone', refusal(404, 'BlobNotFound'), 'REPLICA_MISSING', 1],
    ['a full account', refusal(409, 'AccountOverCapacity'), 'VAULT_FULL', 1],
    [
      'a full disk below the emulator',
      refusal(500, 'InternalError', 'ENOSPC: no space left on device'),
      'VAULT_FULL',
      3,
    ],
  ])(
    'that gets %s ends as the SDK’s would, after the same number of tries',
    async (_, answer, code, tries) => {
      answers = [answer];
      const error = await errorOf(writer().write([data], 0));
      expect(error.code).toBe(code);
      expect(received).toHaveLength(tries);
      expect(JSON.stringify([error.message, String(error.cause)])).not.toContain('secret');
      answers = [answer, accepted];
      received = [];
      if (tries > 1) expect(await writer().write([data], 0)).toBe('"0x7"');
    },
  );

  it('waits as long as the service asks, and leaves a long wait to the engine', async () => {
    const times: number[] = [];
    const busy = (headers: object) => (answer: ServerResponse) => {
      times.push(performance.now());
      refusal(503, 'ServerBusy', 'busy', headers)(answer);
    };
    answers = [
      busy({ 'x-ms-retry-after-ms': '400' }),
      (answer, request) => {
        times.push(performance.now());
        accepted(answer, request);
      },
    ];
    expect(await writer().write([data], 0)).toBe('"0x7"');
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(399);
    received = [];
    answers = [busy({ 'retry-after': '7' })];
    expect(await errorOf(writer().write([data], 0))).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      retryAfterMs: 7000,
    });
    expect(received).toHaveLength(1);
  });

  it('that nobody answers ends in time', async () => {
    answers = [() => undefined];
    const { port } = server.address() as AddressInfo;
    const client = new PageBlobClient(`http://127.0.0.1:${port}/a/b/c`, new AnonymousCredential());
    const error = await errorOf(new PageWriter({ client, leaseId: 'lease' }, 100).write([data], 0));
    expect(error).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringMatching(/does not answer in time/),
    });
    expect(received).toHaveLength(3);
  });

  it('that nobody takes ends as unreachable', async () => {
    const client = writer();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await errorOf(client.write([data], 0))).toMatchObject({ code: 'VAULT_UNREACHABLE' });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
});
