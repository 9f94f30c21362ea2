import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Azurite } from '../../support/azurite.ts';
import { type EngineSite, engineSite, minuteMs } from '../../support/engine-site.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';

const makeSite = engineSite();

let folder: string;
let azurite: Azurite;
let proxy: FaultProxy;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
  mkdirSync(join(folder, 'files'));
  azurite = await Azurite.start(join(folder, 'files'));
  proxy = await FaultProxy.start(azurite);
});
afterEach(async () => {
  await proxy.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const prepare = async (): Promise<EngineSite> => {
  const site = makeSite();
  await site.makeVm();
  await site.open();
  await site.console.request('host.use', { path: site.host });
  const { connectionString } = proxy;
  await site.console.request('vault.add', { name: 'cloud', target: 'azure:replicas', connectionString });
  const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
  await site.finish(job!.id);
  await site.write('data.vhd', 0, 0x21);
  return site;
};

/** Has the service ask to be left alone for that long; what a cycle then waits, in minutes. */
const waitAfter = async (site: EngineSite, seconds: number): Promise<number> => {
  proxy.fate = () => ({ status: 503, code: 'ServerBusy', headers: { 'retry-after': `${seconds}` } });
  const cycle = await site.console.request('sync', { vm: 'SRV1' });
  expect((await site.failure(cycle.id)).error).toMatchObject({ code: 'VAULT_UNREACHABLE' });
  const { retry } = await site.status();
  return (Date.parse(retry!.nextAttemptAt) - site.clock.now()) / minuteMs;
};

const writes = (): number => proxy.seen.filter(({ method }) => method === 'PUT').length;

describe('the retry schedule', () => {
  it('leaves a service alone for as long as it asks where that is more than its step, and goes on then', async () => {
    const site = await prepare();
    expect(await waitAfter(site, 5)).toBeCloseTo(1, 1);
    expect(await waitAfter(site, 20 * 60)).toBeCloseTo(20, 1);
    proxy.reset();
    const due = Date.parse((await site.status()).retry!.nextAttemptAt);
    await site.console.start();
    await site.clock.advanceTo(due - 1_000);
    expect(writes()).toBe(0);
    expect(await site.status()).toMatchObject({ retry: { attempts: 2 } });
    const sent = site.nextStatus(({ retry, activity }) => retry === null && activity === null);
    await site.clock.advanceTo(due);
    await sent;
    expect(writes()).toBeGreaterThan(0);
  });
});
