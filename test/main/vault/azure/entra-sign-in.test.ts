import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignIn } from '../../../../src/contract/sign-in.ts';
import { createAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import { accessOf } from '../../../../src/main/vault/azure/sign-in-access.ts';
import { Azurite } from '../../../support/azurite.ts';
import { trustedTls } from '../../../support/trusted-tls.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../../../fixtures/tls', name);
const trust = trustedTls();
const tenantId = '11111111-1111-4111-8111-111111111111';
const objectId = '22222222-2222-4222-8222-222222222222';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as Entra ID gives it, but for its signature: the emulator looks at the rest. */
const token = (audience: string): string => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: now - 60,
    nbf: now - 60,
    exp: now + 3_600,
    oid: objectId,
    tid: tenantId,
    preferred_username: 'admin@example.com',
    ver: '2.0',
  };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.c2ln`;
};

/** What of Microsoft Entra ID a sign-in needs. */
class Authority {
  readonly grants: string[] = [];
  refuses = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(
      { cert: readFileSync(fixture('localhost.crt')), key: readFileSync(fixture('localhost.key')) },
      (request, answer) => {
        let body = '';
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        request.on('end', () => {
          const reply = this.#reply(request.url ?? '', new URLSearchParams(body));
          answer.writeHead('error' in reply ? 400 : 200, { 'content-type': 'application/json' });
          answer.end(JSON.stringify(reply));
        });
      },
    );
  }

  static async start(): Promise<Authority> {
    const authority = new Authority();
    authority.#server.listen(0, 'localhost');
    await once(authority.#server, 'listening');
    return authority;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `https://localhost:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #reply(path: string, form: URLSearchParams): object {
    const tenant = path.split('/')[1];
    const base = `${this.url}/${tenant}`;
    if (path.includes('openid-configuration')) {
      return {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
        jwks_uri: `${base}/keys`,
      };
    }
    if (path.includes('devicecode')) {
      const message = 'Open https://example.com/device and type ABCD-1234.';
      const verification_uri = 'https://example.com/device';
      return {
        device_code: 'd',
        user_code: 'ABCD-1234',
        verification_uri,
        expires_in: 900,
        interval: 1,
        message,
      };
    }
    this.grants.push(form.get('grant_type') ?? '');
    if (this.refuses)
      return { error: 'invalid_grant', error_description: 'AADSTS70008: The grant has expired.' };
    return {
      token_type: 'Bearer',
      expires_in: 3_600,
      ext_expires_in: 3_600,
      scope: 'https://storage.azure.com/.default',
      access_token: token('https://storage.azure.com'),
      refresh_token: 'refresh',
      id_token: token('client'),
      client_info: encode({ uid: objectId, utid: tenantId }),
    };
  }
}

const told: string[] = [];
let folder: string;
let azurite: Azurite;
let authority: Authority;
beforeEach(async () => {
  trust();
  told.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'hvrc-entra-'));
  mkdirSync(join(folder, 'files'));
  authority = await Authority.start();
  azurite = await Azurite.start(join(folder, 'files'), [
    ...['--oauth', 'basic', '--cert', fixture('localhost.crt'), '--key', fixture('localhost.key')],
  ]);
});
afterEach(async () => {
  await authority.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const account = (): string => `https://localhost:${azurite.port}/devstoreaccount1`;
const tools = () => ({
  cachePath: join(folder, 'tokens.json'),
  tell: ({ userCode }: { readonly userCode: string }) => void told.push(userCode),
});

describe('signing in with Microsoft Entra ID', () => {
  it('as a service principal of the environment opens the account', async () => {
    const signIn: SignIn = {
      kind: 'environment',
      account: account(),
      tenantId,
      clientId: 'client',
      clientSecret: 'secret',
      authorityHost: authority.url,
    };
    const vault = await createAzureVault('replicas', await accessOf(signIn, tools()));
    const checks = await vault.check();
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(new Set(authority.grants)).toEqual(new Set(['client_credentials']));
  });

  it('with a code tells the code, keeps the tokens in a file of its own, and opens the account', async () => {
    const signIn: SignIn = { kind: 'deviceCode', account: account(), tenantId, authorityHost: authority.url };
    const access = await accessOf(signIn, tools());
    expect(told).toEqual(['ABCD-1234']);
    expect(JSON.stringify(access)).not.toContain('refresh');
    if (process.platform !== 'win32') expect(statSync(tools().cachePath).mode & 0o777).toBe(0o600);
    const vault = await createAzureVault('replicas', access);
    expect((await vault.check()).filter(({ passed }) => !passed)).toEqual([]);
  });

  it('that is refused says that it must be renewed, which no retry does', async () => {
    authority.refuses = true;
    const signIn: SignIn = {
      kind: 'environment',
      account: account(),
      tenantId,
      clientId: 'other',
      clientSecret: 'secret',
      authorityHost: authority.url,
    };
    const access = await accessOf(signIn, tools());
    await expect(createAzureVault('replicas', access)).rejects.toMatchObject({
      code: 'VAULT_ACCESS_DENIED',
      class: 'nonRecoverable',
      message: expect.stringMatching(/renew it/),
    });
  });
});
