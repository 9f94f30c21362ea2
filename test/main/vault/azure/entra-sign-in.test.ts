import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignIn } from '../../../../src/contract/sign-in.ts';
import { createAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import { accessOf } from '../../../../src/main/vault/azure/sign-in-access.ts';
import { Azurite } from '../../../support/azurite.ts';
import { EntraAuthority, tenantId } from '../../../support/entra-authority.ts';
import { trustedTls } from '../../../support/trusted-tls.ts';

const trust = trustedTls();
const told: string[] = [];
let folder: string;
let azurite: Azurite;
let authority: EntraAuthority;
beforeEach(async () => {
  trust();
  told.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'hvrc-entra-'));
  mkdirSync(join(folder, 'files'));
  authority = await EntraAuthority.start();
  azurite = await Azurite.startTls(join(folder, 'files'));
});
afterEach(async () => {
  await authority.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const account = (): string => azurite.endpoint;
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
