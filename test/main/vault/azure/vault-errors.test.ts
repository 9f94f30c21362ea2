import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue } from '../../../../src/contract/error-catalogue.ts';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import type { AzureAccess } from '../../../../src/main/vault/azure/azure-access.ts';
import { AzureVault, openAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import { type Answer, refused, ScriptedService } from '../../../support/scripted-service.ts';
import { thisInstallation } from '../../../support/vault-model.ts';

let service: ScriptedService;
beforeEach(async () => {
  service = await ScriptedService.start();
});
afterEach(() => service.stop());

const signedIn = (endpoint: string): AzureAccess => ({
  endpoint,
  credential: { kind: 'accountKey', account: 'account', key: Buffer.alloc(64, 7).toString('base64') },
});

const errorOf = async (work: Promise<unknown>): Promise<ReplicationError> => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ReplicationError)) throw new Error(`not a catalogued error: ${String(thrown)}`);
  return thrown;
};

const opened = (endpoint = service.endpoint): Promise<ReplicationError> =>
  errorOf(openAzureVault('replicas', signedIn(endpoint), { answerMs: 2_000 }));

const vaultId = '11111111-1111-4111-8111-111111111111';
const vaultRecord = JSON.stringify({ format: 1, vaultId, createdAtMs: 0 });

describe('a vault in a storage account that answers', () => {
  const recoverable = 'recoverable';
  const nonRecoverable = 'nonRecoverable';
  const outOfTime = 'Signature not valid in the specified time frame: Expiry [Fri, 20 Nov 2026 00:00:00 GMT]';

  it.each<[string, Answer, ErrorCode, 'recoverable' | 'nonRecoverable', RegExp]>([
    ['403', refused(403, 'AuthorizationPermissionMismatch'), 'VAULT_ACCESS_DENIED', nonRecoverable, /right/],
    [
      '403 by a firewall',
      refused(403, 'AuthorizationFailure'),
      'VAULT_ACCESS_DENIED',
      nonRecoverable,
      /firewall/,
    ],
    [
      'an expired signature',
      refused(403, 'AuthenticationFailed', {}, outOfTime),
      'VAULT_ACCESS_DENIED',
      nonRecoverable,
      /has expired/,
    ],
    ['401', refused(401, 'NoAuthenticationInformation'), 'VAULT_ACCESS_DENIED', nonRecoverable, /sign-in/],
    ['a wrong key', refused(403, 'AuthenticationFailed'), 'VAULT_ACCESS_DENIED', nonRecoverable, /sign-in/],
    ['no such container', refused(404, 'ContainerNotFound'), 'VAULT_NOT_FOUND', nonRecoverable, /container/],
    ['no such blob', refused(404, 'BlobNotFound'), 'VAULT_NOT_FOUND', nonRecoverable, /holds no vault/],
    ['a lease', refused(409, 'LeaseAlreadyPresent'), 'VAULT_IN_USE', nonRecoverable, /Another installation/],
    ['a condition', refused(412, 'ConditionNotMet'), 'VAULT_WRITE_FAILED', recoverable, /same time/],
    ['429', refused(429, 'TooManyRequests'), 'VAULT_UNREACHABLE', recoverable, /busy/],
    ['500', refused(500, 'InternalError'), 'VAULT_UNREACHABLE', recoverable, /busy/],
    ['503', refused(503, 'ServerBusy'), 'VAULT_UNREACHABLE', recoverable, /busy/],
    ['over capacity', refused(403, 'AccountOverCapacity'), 'VAULT_FULL', recoverable, /no room/],
    ['over its quota', refused(409, 'QuotaExceeded'), 'VAULT_FULL', recoverable, /no room/],
    ['507', refused(507, 'InsufficientStorage'), 'VAULT_FULL', recoverable, /no room/],
    ['too many snapshots', refused(409, 'SnapshotCountExceeded'), 'VAULT_FULL', recoverable, /snapshots/],
    ['a reset', (answer) => void answer.socket?.destroy(), 'VAULT_UNREACHABLE', recoverable, /broke/],
    ['silence', () => undefined, 'VAULT_UNREACHABLE', recoverable, /in time/],
  ])('%s is told, with its class and what helps', async (_case, answer, code, errorClass, sentence) => {
    service.answer = answer;
    const error = await opened();
    expect(error).toMatchObject({ code, class: errorClass, message: expect.stringMatching(sentence) });
    expect(error.toReport().nextStep).toBe(errorCatalogue[code].nextStep);
    expect(error.toReport().nextStep).toMatch(/\.$/);
  });

  it('a VM whose record is gone has no replica there', async () => {
    service.answer = (response, request) => {
      if (request.url?.includes('vault.json') !== true)
        return refused(404, 'BlobNotFound')(response, request);
      response.writeHead(200, { etag: '"1"', 'content-length': vaultRecord.length }).end(vaultRecord);
    };
    const vault = new AzureVault('replicas', signedIn(service.endpoint), vaultId);
    const error = await errorOf(vault.openVm('22222222-2222-4222-8222-222222222222', thisInstallation));
    expect(error).toMatchObject({ code: 'REPLICA_MISSING', class: nonRecoverable });
  });

  it('a request comes no sooner again than the service asks for', async () => {
    service.answer = refused(503, 'ServerBusy', { 'retry-after': '7' });
    expect(await opened()).toMatchObject({ code: 'VAULT_UNREACHABLE', retryAfterMs: 7_000 });
    expect(service.times).toHaveLength(1);
    service.times.length = 0;
    service.answer = refused(500, 'OperationTimedOut', { 'x-ms-retry-after-ms': '300' });
    expect(await opened()).toMatchObject({ code: 'VAULT_UNREACHABLE', retryAfterMs: 300 });
    expect(service.times).toHaveLength(3);
    const pauses = service.times.slice(1).map((at, index) => at - service.times[index]!);
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(299);
  });
});

describe('a vault in a storage account that does not answer', () => {
  it('because its name is unknown is unreachable', async () => {
    const error = await opened('https://nobody.invalid');
    expect(error).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      class: 'recoverable',
      message: expect.stringMatching(/cannot be resolved/),
    });
  });

  it('because nothing listens is unreachable', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const error = await opened(`http://127.0.0.1:${port}/account`);
    expect(error).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringMatching(/Nothing answers/),
    });
  });

  it('because its certificate is nobody’s is untrusted, and gets no request', async () => {
    const stranger = await ScriptedService.start('https');
    try {
      const error = await opened(stranger.endpoint);
      expect(error).toMatchObject({
        code: 'VAULT_UNTRUSTED',
        class: 'recoverable',
        message: expect.stringMatching(/certificate/),
      });
      expect(stranger.times).toEqual([]);
      // A server without TLS where TLS is asked for.
      expect(await opened(service.endpoint.replace('http:', 'https:'))).toMatchObject({
        code: 'VAULT_UNTRUSTED',
      });
    } finally {
      await stranger.stop();
    }
  });
});
