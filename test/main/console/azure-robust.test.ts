import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openContainer } from '../../../src/main/vault/azure/azure-client.ts';
import { Azurite } from '../../support/azurite.ts';
import { type EngineSite, engineSite, mebibyte, minuteMs } from '../../support/engine-site.ts';
import { type Fate, FaultProxy, type SeenRequest } from '../../support/fault-proxy.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const makeSite = engineSite();
const formats = { 'system.vhdx': 'vhdx', 'data.vhd': 'vpc' } as const;

let folder: string;
let azurite: Azurite;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
  mkdirSync(join(folder, 'files'));
  azurite = await Azurite.start(join(folder, 'files'));
});
afterAll(async () => {
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

let proxy: FaultProxy;
/** Each test has its own in the one account. */
let container: string;
beforeEach(async () => {
  container = `replicas-${randomUUID()}`;
  proxy = await FaultProxy.start(azurite);
});
afterEach(() => proxy.stop());

const prepare = async (): Promise<EngineSite> => {
  const site = makeSite();
  await site.makeVm();
  await site.open();
  await site.console.request('host.use', { path: site.host });
  const { connectionString } = proxy;
  await site.console.request('vault.add', { name: 'cloud', target: `azure:${container}`, connectionString });
  return site;
};

const initial = async (site: EngineSite): Promise<string | undefined> => {
  const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
  return (await site.failure(job!.id)).error?.code;
};

/** What the account holds is what the disks hold, as an independent tool sees it. */
const expectIdentical = async (site: EngineSite): Promise<void> => {
  expect(await site.verify()).toMatchObject({ identical: true });
  if (oracleMissing('qemu-img')) return;
  for (const [name, format] of Object.entries(formats)) {
    const url = await site.replica(name);
    const blob = new URL(url).pathname.split('/').slice(3).join('/');
    const path = join(folder, name);
    await openContainer(azurite.access, container).getBlobClient(blob).downloadToFile(path);
    expect(qemuIdentical(path, 'vpc', site.disk(name), format)).toBe(true);
  }
};

const isPageWrite = ({ method, path }: SeenRequest): boolean =>
  method === 'PUT' && path.includes('comp=page') && path.includes('.vhd');

const faults: Readonly<Record<string, Fate>> = {
  '500': { status: 500, code: 'InternalError' },
  '503': { status: 503, code: 'ServerBusy', headers: { 'retry-after': '5' } },
  'a full disk below the service': { status: 500, code: 'ENOSPC' },
  'a reset': 'break',
  'a lost answer': 'loseAnswer',
  'half an answer': 'halfAnswer',
};

/** From the second page write on, whatever the engine tries meets with the fault. */
const failFromSecondWrite = (fate: Fate): void => {
  let writes = 0;
  proxy.fate = (request) => {
    if (isPageWrite(request)) writes += 1;
    return writes > 1 && isPageWrite(request) ? fate : 'pass';
  };
};

describe.each(Object.entries(faults))('%s in the middle of', (_, fate) => {
  it('an initial copy or a delta is waited out by the retry schedule', async () => {
    const site = await prepare();
    failFromSecondWrite(fate);
    expect(await initial(site)).toMatch(/^VAULT_(UNREACHABLE|FULL)$/);
    proxy.reset();
    expect(await site.status()).toMatchObject({ retry: { attempts: 1 } });
    const copied = site.nextStatus(({ state, activity }) => state === 'Replicating' && activity === null);
    await site.console.start();
    await site.clock.advance(minuteMs);
    await copied;
    await expectIdentical(site);

    for (let index = 0; index < 5; index += 1)
      await site.write('system.vhdx', (30 + 2 * index) * mebibyte, 0x70);
    failFromSecondWrite(fate);
    const failed = await site.failure((await site.console.request('sync', { vm: 'SRV1' })).id);
    expect(failed.error?.code).toMatch(/^VAULT_(UNREACHABLE|FULL)$/);
    proxy.reset();
    const { retry } = await site.status();
    expect(Date.parse(retry!.nextAttemptAt) - site.clock.now()).toBeLessThanOrEqual(minuteMs);
    const sent = site.nextStatus((status) => status.retry === null && status.activity === null);
    await site.clock.advanceTo(Date.parse(retry!.nextAttemptAt));
    await sent;
    await expectIdentical(site);
  });
});

describe('a delta', () => {
  const outages: Readonly<Record<string, readonly [() => Promise<void>, () => Promise<void>]>> = {
    'whose port is blocked and opened again': [() => proxy.block(), () => proxy.unblock()],
    'whose account is stopped and started again': [() => azurite.stop(), () => azurite.restart()],
  };

  it.each(Object.entries(outages))('%s in the middle ends identical', async (_, [begin, end]) => {
    const site = await prepare();
    expect(await initial(site)).toBeUndefined();
    for (let index = 0; index < 5; index += 1)
      await site.write('system.vhdx', (30 + 2 * index) * mebibyte, 0x70);
    let outage: Promise<void> | null = null;
    proxy.fate = (request) => {
      if (isPageWrite(request)) outage ??= begin();
      return outage === null ? 'pass' : 'break';
    };
    const failed = await site.failure((await site.console.request('sync', { vm: 'SRV1' })).id);
    expect(failed.error?.code).toBe('VAULT_UNREACHABLE');
    await outage;
    await end();
    proxy.reset();
    await site.sync();
    await expectIdentical(site);
  });
});
