import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import type { SignIn } from '../../../../src/contract/sign-in.ts';
import { withoutSecrets } from '../../../../src/main/platform/log.ts';
import { openContainer } from '../../../../src/main/vault/azure/azure-client.ts';
import { azureError } from '../../../../src/main/vault/azure/azure-errors.ts';
import { createAzureVault, openAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import { PageWriter } from '../../../../src/main/vault/azure/page-writer.ts';
import { accessOf } from '../../../../src/main/vault/azure/sign-in-access.ts';
import { Azurite } from '../../../support/azurite.ts';
import { ConnectProxy } from '../../../support/connect-proxy.ts';
import { EntraAuthority, tenantId } from '../../../support/entra-authority.ts';
import { trustedTls } from '../../../support/trusted-tls.ts';

const trust = trustedTls();
const password = 'p@ss/wörd 7';
const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];

let folder: string;
let azurite: Azurite;
let proxy: ConnectProxy;
beforeEach(async () => {
  trust();
  for (const name of proxyVariables) {
    vi.stubEnv(name, '');
    vi.stubEnv(name.toLowerCase(), '');
  }
  folder = mkdtempSync(join(tmpdir(), 'hvrc-proxy-'));
  mkdirSync(join(folder, 'files'));
  proxy = await ConnectProxy.start();
  azurite = await Azurite.startTls(join(folder, 'files'));
  vi.stubEnv('HTTPS_PROXY', proxy.origin);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const service = (): string => new URL(azurite.endpoint).host;

/** Makes a blob by the SDK and writes a page by the lean client; what the proxy was asked for by each. */
const useBoth = async (): Promise<{ sdk: string[]; writer: string[] }> => {
  await createAzureVault('replicas', azurite.access);
  const client = openContainer(azurite.access, 'replicas').getPageBlobClient('page');
  await client.create(512);
  const lease = client.getBlobLeaseClient('11111111-1111-4111-8111-111111111111');
  const { leaseId = '' } = await lease.acquireLease(-1);
  const sdk = proxy.asked.splice(0);
  // The two share an agent: without idle connections the writer has to open one of its own.
  proxy.dropTunnels();
  await new PageWriter({ client, leaseId }).write([Buffer.alloc(512, 7)], 0);
  const writer = [...proxy.asked];
  expect((await client.downloadToBuffer()).equals(Buffer.alloc(512, 7))).toBe(true);
  return { sdk, writer };
};

const refusalOf = async (work: Promise<unknown>): Promise<ReplicationError> => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ReplicationError)) throw new Error(`not a catalogued error: ${String(thrown)}`);
  return thrown;
};

/** A page write while the proxy behaves as it does now. */
const refusedPage = async (): Promise<ReplicationError> => {
  const client = openContainer(azurite.access, 'replicas').getPageBlobClient('page');
  const work = new PageWriter({ client, leaseId: 'lease' }, 2_000).write([Buffer.alloc(512)], 0);
  return refusalOf(
    work.catch((error: unknown) => Promise.reject(azureError(error, client.url.split('?')[0]!))),
  );
};

describe('a storage account behind a proxy', () => {
  it('is reached through it, by the SDK’s requests and by page writes', async () => {
    const { sdk, writer } = await useBoth();
    expect(sdk.length).toBeGreaterThan(0);
    expect(writer).toEqual([service()]);
    expect(new Set(sdk)).toEqual(new Set(writer));
  });

  it('is reached through one that is given without a scheme', async () => {
    vi.stubEnv('HTTPS_PROXY', new URL(proxy.origin).host);
    expect((await useBoth()).writer).toEqual([service()]);
    vi.stubEnv('HTTPS_PROXY', 'socks5://localhost:1');
    expect(await refusalOf(openAzureVault('replicas', azurite.access))).toMatchObject({
      code: 'PROXY_FAILED',
    });
  });

  it('is reached straight where NO_PROXY names it', async () => {
    vi.stubEnv('NO_PROXY', 'example.com,localhost');
    expect(await useBoth()).toEqual({ sdk: [], writer: [] });
  });

  it('gets name and password of the proxy’s address there, which nobody else is told', async () => {
    proxy.credentials = `admin:${password}`;
    const address = proxy.origin.replace('//', `//admin:${encodeURIComponent(password)}@`);
    vi.stubEnv('HTTPS_PROXY', address);
    const { sdk, writer } = await useBoth();
    expect(sdk.length).toBeGreaterThan(0);
    expect(writer).toEqual([service()]);
    proxy.dropTunnels();
    proxy.credentials = 'admin:another';
    for (const error of [await refusalOf(openAzureVault('replicas', azurite.access)), await refusedPage()]) {
      expect(error).toMatchObject({
        code: 'PROXY_ACCESS_DENIED',
        class: 'nonRecoverable',
        message: expect.stringContaining(
          `The proxy ${proxy.origin} does not accept the sign-in: https://localhost`,
        ),
      });
      const told = JSON.stringify([error.toReport(), error.stack, String(error.cause)]);
      for (const secret of [password, encodeURIComponent(password), btoa('admin:')])
        expect(told).not.toContain(secret);
    }
    expect(withoutSecrets(`{"HTTPS_PROXY":"${address}"}`)).not.toContain(encodeURIComponent(password));
  });

  it.each([
    ['403 Forbidden', /does not let the request through and answers 403 Forbidden/],
    ['502 Bad Gateway', /answers 502 Bad Gateway/],
  ])('that answers %s is named, after one try', async (refusal, sentence) => {
    proxy.refusal = refusal;
    for (const work of [() => refusalOf(openAzureVault('replicas', azurite.access)), refusedPage]) {
      proxy.asked.length = 0;
      const error = await work();
      expect(error).toMatchObject({ code: 'PROXY_FAILED', class: 'recoverable' });
      expect(error.message).toMatch(sentence);
      expect(error.message).toContain(proxy.origin);
      expect(proxy.asked).toEqual([service()]);
    }
  });

  it('that is not there is named, and not the account', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${port}`);
    for (const error of [await refusalOf(openAzureVault('replicas', azurite.access)), await refusedPage()]) {
      expect(error.code).toBe('PROXY_FAILED');
      expect(error.message).toContain(`The proxy http://127.0.0.1:${port} is not there`);
    }
    vi.stubEnv('HTTPS_PROXY', 'http://nobody.invalid:3128');
    expect((await refusedPage()).message).toMatch(/The proxy http:\/\/nobody\.invalid:3128 has a name that/);
  });

  it('that is silent is given up in time', async () => {
    proxy.refusal = 'silence';
    const open = openAzureVault('replicas', azurite.access, { answerMs: 500 });
    expect(await refusalOf(open)).toMatchObject({
      code: expect.stringMatching(/VAULT_UNREACHABLE|PROXY_FAILED/),
    });
    expect(await refusedPage()).toMatchObject({ code: 'PROXY_FAILED' });
  });

  it('is reached straight over http, which only this machine’s services speak', async () => {
    mkdirSync(join(folder, 'plain'));
    const plain = await Azurite.start(join(folder, 'plain'));
    try {
      vi.stubEnv('HTTP_PROXY', proxy.origin);
      await createAzureVault('replicas', plain.access);
      expect(proxy.asked).toEqual([]);
    } finally {
      await plain.kill();
    }
  });

  it('is signed in to through it as well, and a refusal there names it', async () => {
    const authority = await EntraAuthority.start();
    try {
      const signIn = (clientId: string): SignIn => ({
        kind: 'environment',
        account: azurite.endpoint,
        tenantId,
        clientId,
        clientSecret: 'secret',
        authorityHost: authority.url,
      });
      const tools = { cachePath: join(folder, 'tokens.json'), tell: () => undefined };
      await createAzureVault('replicas', await accessOf(signIn('one'), tools));
      expect(new Set(proxy.asked)).toEqual(new Set([service(), new URL(authority.url).host]));
      proxy.dropTunnels();
      proxy.refusal = '403 Forbidden';
      const error = await refusalOf(openAzureVault('replicas', await accessOf(signIn('two'), tools)));
      expect(error).toMatchObject({ code: 'PROXY_FAILED', message: expect.stringContaining(proxy.origin) });
      expect(error.message).toContain(authority.url);
    } finally {
      await authority.stop();
    }
  });
});
