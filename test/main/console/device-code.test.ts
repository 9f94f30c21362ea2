import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Azurite } from '../../support/azurite.ts';
import { EngineProcess } from '../../support/engine-process.ts';
import { engineSite } from '../../support/engine-site.ts';
import { EntraAuthority, tenantId } from '../../support/entra-authority.ts';
import { localCertificateFile } from '../../support/local-certificate.ts';
import { trustedTls } from '../../support/trusted-tls.ts';

const makeSite = engineSite();
const trust = trustedTls();
const vm = 'SRV1';
const byCode = 'device_code';

let folder: string;
let azurite: Azurite;
let authority: EntraAuthority;
let engine: EngineProcess | null;
beforeEach(async () => {
  engine = null;
  folder = mkdtempSync(join(tmpdir(), 'hvrc-code-'));
  mkdirSync(join(folder, 'files'));
  azurite = await Azurite.startTls(join(folder, 'files'));
  authority = await EntraAuthority.start();
  vi.stubEnv('NODE_EXTRA_CA_CERTS', localCertificateFile);
  vi.stubEnv('AZURE_AUTHORITY_HOST', authority.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await engine?.kill();
  await authority.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** An engine in a process of its own, by now the only one. */
const restarted = async (data: string): Promise<EngineProcess> => {
  await engine?.stop();
  engine = await EngineProcess.start(data);
  return engine;
};

describe('a person’s sign-in with a code', () => {
  it('outlasts the engine, threads included, and its tokens are renewed without a person until that is refused', async () => {
    const site = makeSite();
    await site.makeVm();
    const first = await restarted(site.data());
    await first.request('host.use', { path: site.host });
    const signIn = { kind: 'deviceCode', account: azurite.endpoint, tenantId } as const;
    await first.request('vault.add', { name: 'cloud', target: 'azure:replicas', signIn });
    expect(authority.grants).toEqual([byCode]);

    const second = await restarted(site.data());
    expect(await second.request('vault.check', { name: 'cloud' })).toMatchObject({ passed: true });
    const { job } = await second.request('protect', { vm, vault: 'cloud' });
    await second.finish(job!);
    expect(authority.grants).toEqual([byCode]);

    // From here on every token counts as ended as soon as it was given: what was kept as well, once it is renewed.
    authority.lifetimeSeconds = 60;
    authority.grants.length = 0;
    const again = await second.request('vault.add', { name: 'other', target: 'azure:other', signIn });
    expect(again).toMatchObject({ reachable: true });
    const third = await restarted(site.data());
    authority.grants.length = 0;
    expect(await third.request('vault.check', { name: 'other' })).toMatchObject({ passed: true });
    expect(new Set(authority.grants)).toEqual(new Set(['refresh_token']));

    authority.refuses = true;
    const fourth = await restarted(site.data());
    const refused = await fourth.request('vault.check', { name: 'other' });
    expect(refused.passed).toBe(false);
    expect(refused.checks[0]?.detail).toMatch(/The sign-in with Microsoft Entra ID has ended: renew it/);
    expect(await fourth.request('vault.check', { name: 'cloud' })).toMatchObject({ passed: true });
  });

  it('is shown with its end, and is waited for no longer once it is cancelled', async () => {
    trust();
    authority.pending = true;
    const site = makeSite();
    await site.open();
    const { console } = site;
    const name = 'cloud';
    expect(await console.request('vault.signIn.cancel', { name })).toEqual({ cancelled: false });
    const told = site.next((push) => push.kind === 'deviceCode');
    const signIn = { kind: 'deviceCode', account: azurite.endpoint, tenantId } as const;
    const adding = console.request('vault.add', { name, target: 'azure:replicas', signIn });
    const expiresAt = new Date(site.clock.now() + 900_000).toISOString();
    expect(await told).toMatchObject({ code: { vault: name, userCode: 'ABCD-1234', expiresAt } });
    const refused = expect(adding).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await console.request('vault.signIn.cancel', { name })).toEqual({ cancelled: true });
    await refused;
    expect(await console.request('vault.list', {})).toEqual([]);
  });
});
