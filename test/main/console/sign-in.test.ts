import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignIn } from '../../../src/contract/sign-in.ts';
import type { AzureAccess } from '../../../src/main/vault/azure/azure-access.ts';
import { Azurite } from '../../support/azurite.ts';
import { type EngineSite, engineSite } from '../../support/engine-site.ts';

const makeSite = engineSite();
const target = 'azure:replicas';
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let folder: string;
let azurite: Azurite;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
  mkdirSync(join(folder, 'files'));
  azurite = await Azurite.start(join(folder, 'files'));
});
afterEach(async () => {
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const sharedKey = (): { account: string; key: string } => {
  const { credential } = azurite.access;
  if (credential.kind !== 'accountKey') throw new Error('no key');
  return credential;
};

/** A signature for the emulator's account. */
const signature = (permissions: string, expiresAtMs: number): SignIn => {
  const { account, key } = sharedKey();
  const token = generateAccountSASQueryParameters(
    {
      permissions: AccountSASPermissions.parse(permissions),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
      services: AccountSASServices.parse('b').toString(),
      startsOn: new Date(Date.now() - 30 * dayMs),
      expiresOn: new Date(expiresAtMs),
    },
    new StorageSharedKeyCredential(account, key),
  ).toString();
  return { kind: 'sas', account: azurite.access.endpoint, token };
};

/** Puts an access into the place of the one vault's, while no engine runs. */
const keep = (site: EngineSite, access: AzureAccess): void => {
  const secrets = join(site.data(), 'secrets.json');
  const kept = JSON.parse(readFileSync(secrets, 'utf8'));
  writeFileSync(secrets, JSON.stringify({ [Object.keys(kept)[0]!]: JSON.stringify(access) }));
};

const prepare = async (): Promise<EngineSite> => {
  const site = makeSite();
  await site.makeVm();
  await site.open();
  await site.console.request('host.use', { path: site.host });
  return site;
};

const warnings = async (site: EngineSite): Promise<string[]> =>
  (await site.console.request('events', {}))
    .filter(({ text }) => text.includes('signature'))
    .map(({ text }) => text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, 'DATE'));

describe('the sign-in of a storage account', () => {
  it('may be an account key', async () => {
    const site = await prepare();
    const { key } = sharedKey();
    const signIn = { kind: 'accountKey', account: azurite.access.endpoint, key } as const;
    const report = await site.console.request('vault.add', { name: 'cloud', target, signIn });
    expect(report.signIn).toEqual({
      kind: 'accountKey',
      account: azurite.access.endpoint,
      expiresAt: null,
      permissions: null,
      warning: null,
    });
  });

  it('by a signature is warned of 14 and 3 days ahead, each once, until it is renewed', async () => {
    const site = await prepare();
    const endMs = site.clock.now() + 20 * dayMs;
    const signIn = signature('rwdlac', endMs);
    const added = await site.console.request('vault.add', { name: 'cloud', target, signIn });
    expect(added.signIn).toMatchObject({ kind: 'sas', warning: null });
    expect(Math.abs(Date.parse(added.signIn!.expiresAt!) - endMs)).toBeLessThan(1_000);
    expect(added.signIn!.permissions).toEqual(expect.arrayContaining(['read', 'write', 'delete', 'list']));
    await site.console.start();
    expect(await warnings(site)).toEqual([]);
    const ends =
      'The signature that opens the vault cloud ends on DATE UTC; renew it with hvrc vault sign-in cloud.';
    await site.clock.advance(6 * dayMs + hourMs);
    expect(await warnings(site)).toEqual([ends]);
    await site.clock.advance(11 * dayMs);
    expect(await warnings(site)).toEqual([ends, ends]);
    await site.clock.advance(3 * dayMs);
    expect(await warnings(site)).toEqual([ends, ends, ends.replace(' ends ', ' ended ')]);
    await site.reopen();
    const reasons = async () => (await site.status()).healthReasons.map(({ kind }) => kind);
    await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
    expect(await reasons()).toContain('signInEnds');
    await site.console.request('vault.signIn', {
      name: 'cloud',
      signIn: signature('rwdlac', site.clock.now() + 300 * dayMs),
    });
    expect(await reasons()).not.toContain('signInEnds');
  });

  it('by a signature that has ended is refused as a right that is missing, which no retry brings back', async () => {
    const site = await prepare();
    const { key } = sharedKey();
    const account = azurite.access.endpoint;
    await site.console.request('vault.add', {
      name: 'cloud',
      target,
      signIn: { kind: 'accountKey', account, key },
    });
    const signIn = signature('rwdlac', Date.now() - 60_000);
    await expect(site.console.request('vault.signIn', { name: 'cloud', signIn })).rejects.toMatchObject({
      code: 'VAULT_ACCESS_DENIED',
      class: 'nonRecoverable',
      message: expect.stringMatching(/expired/),
    });
    expect((await site.console.request('vault.list', {}))[0]).toMatchObject({ reachable: true });
  });

  it('by a signature that ends while VMs are replicated stops them with an event, once, until it is renewed', async () => {
    const site = await prepare();
    const { key } = sharedKey();
    const account = azurite.access.endpoint;
    const signIn = { kind: 'accountKey', account, key } as const;
    await site.console.request('vault.add', { name: 'cloud', target, signIn });
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
    await site.finish(job!.id);
    await site.console.stop();
    const ended = signature('rwdlac', Date.now() - 60_000);
    if (ended.kind !== 'sas') throw new Error('no signature');
    keep(site, { endpoint: account, credential: { kind: 'sas', token: ended.token } });
    await site.open();
    const refused = site.nextError('VAULT_ACCESS_DENIED');
    await site.write('data.vhd', 0, 0x21);
    const cycle = await site.console.request('sync', { vm: 'SRV1' });
    expect((await site.failure(cycle.id)).error).toMatchObject({ code: 'VAULT_ACCESS_DENIED' });
    expect(await refused).toMatchObject({
      event: { vm: 'SRV1', level: 'error', text: expect.stringMatching(/has expired, on /) },
    });
    expect(await site.status()).toMatchObject({ state: 'Error', retry: null });
    const count = async () =>
      (await site.console.request('events', {})).filter(({ text }) => text.includes('has expired')).length;
    const before = await count();
    await site.console.start();
    await site.clock.advance(hourMs);
    expect(await count()).toBe(before);
    await site.console.request('vault.signIn', { name: 'cloud', signIn });
    await site.console.request('resume', { vm: 'SRV1' });
    await site.sync();
    expect(await site.status()).toMatchObject({ state: 'Replicating' });
  });

  it.each([
    ['write', 'rdl', ['write']],
    ['delete', 'rwcal', ['delete']],
    ['read', 'wcdl', ['read']],
  ])('without the right to %s fails the check by that name', async (_right, letters, failed) => {
    const site = await prepare();
    const { key } = sharedKey();
    const account = azurite.access.endpoint;
    await site.console.request('vault.add', {
      name: 'cloud',
      target,
      signIn: { kind: 'accountKey', account, key },
    });
    await site.console.stop();
    const limited = signature(letters, Date.now() + 100 * dayMs);
    if (limited.kind !== 'sas') throw new Error('no signature');
    keep(site, { endpoint: account, credential: { kind: 'sas', token: limited.token } });
    await site.open();
    const report = await site.console.request('vault.check', { name: 'cloud' });
    expect(report.passed).toBe(false);
    expect(report.checks.filter(({ passed }) => !passed).map(({ right }) => right)).toEqual(failed);
    expect(report.signIn?.warning).toMatch(/does not allow to/);
  });

  it('is forgotten with its vault, which goes only when no VM needs it', async () => {
    const site = await prepare();
    const { connectionString } = azurite;
    await site.console.request('vault.add', { name: 'cloud', target, connectionString });
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
    await site.finish(job!.id);
    await expect(site.console.request('vault.remove', { name: 'cloud' })).rejects.toMatchObject({
      code: 'STATE_INVALID',
      message: expect.stringContaining('SRV1'),
    });
    expect(await site.console.request('vault.rename', { name: 'cloud', newName: 'west' })).toMatchObject({
      name: 'west',
    });
    expect(await site.status()).toMatchObject({ vault: 'west' });
    await site.sync();
    const removal = await site.console.request('unprotect', { vm: 'SRV1', deleteReplica: true });
    await site.finish(removal.id);
    await site.console.request('vault.remove', { name: 'west' });
    expect(await site.console.request('vault.list', {})).toEqual([]);
    expect(readFileSync(join(site.data(), 'secrets.json'), 'utf8')).toBe('{}\n');
  });
});
