import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openContainer } from '../../../src/main/vault/azure/azure-client.ts';
import { Azurite } from '../../support/azurite.ts';
import { type EngineSite, engineSite, mebibyte, sameDisks } from '../../support/engine-site.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const makeSite = engineSite();
const target = 'azure:replicas';

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

/** An engine that has replicated `SRV1` into the storage account. */
const protect = async (): Promise<EngineSite> => {
  const site = makeSite();
  await site.makeVm();
  await site.open();
  await site.console.request('host.use', { path: site.host });
  const { connectionString } = azurite;
  await site.console.request('vault.add', { name: 'cloud', target, connectionString });
  const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
  await site.finish(job!.id);
  return site;
};

/** What any client gets that knows the account: the blob as a file. */
const download = async (url: string): Promise<string> => {
  const name = new URL(url).pathname.split('/').slice(3).join('/');
  const path = join(folder, name.replaceAll('/', '-'));
  await openContainer(azurite.access, 'replicas').getBlobClient(name).downloadToFile(path);
  return path;
};

const cycleFailure = async (site: EngineSite): Promise<string | undefined> =>
  (await site.failure((await site.console.request('sync', { vm: 'SRV1' })).id)).error?.code;

describe('a VM replicated into a storage account', () => {
  it.skipIf(oracleMissing('qemu-img'))('is there as fixed VHDs that qemu reads as the source', async () => {
    const site = await protect();
    await site.write('system.vhdx', 40 * mebibyte, 0x77, 98_304);
    await site.write('system.vhdx', 2 * mebibyte, 0, mebibyte);
    await site.write('data.vhd', 31 * mebibyte, 0x55);
    await site.sync();
    const formats = { 'system.vhdx': 'vhdx', 'data.vhd': 'vpc' } as const;
    for (const [name, format] of Object.entries(formats)) {
      const url = await site.replica(name);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1\/replicas\/[^?]+\.vhd$/);
      const blob = await download(url);
      expect(statSync(blob).size % mebibyte).toBe(512);
      expect(qemuIdentical(blob, 'vpc', site.disk(name), format)).toBe(true);
    }
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('comes back on a workstation that knows nothing but the account', async () => {
    const site = await protect();
    const kept = site.keep('first');
    const first = (await site.console.request('points', { vm: 'SRV1' })).points.at(-1)!;
    await site.write('system.vhdx', 40 * mebibyte, 0x77);
    await site.sync();
    await site.console.stop();
    await site.open(site.data('new-workstation'));
    const { connectionString } = azurite;
    await expect(
      site.console.request('vault.open', { name: 'none', target: 'azure:nothing', connectionString }),
    ).rejects.toMatchObject({ code: 'VAULT_NOT_FOUND' });
    const report = await site.console.request('vault.open', { name: 'cloud', target, connectionString });
    expect(report.vms).toMatchObject([{ name: 'SRV1', disks: 2, points: 2 }]);
    const restore = async (point: string | undefined, name: string) => {
      const params = { vm: 'SRV1', vault: 'cloud', toDirectory: site.data(name) };
      const { id } = await site.console.request(
        'restore',
        point === undefined ? params : { ...params, point },
      );
      await site.finish(id);
    };
    await restore(undefined, 'newest');
    await restore(first.id, 'older');
    for (const name of ['system.vhdx', 'data.vhd']) {
      expect(await sameDisks(join(site.data('newest'), name), site.disk(name))).toBe(true);
      expect(await sameDisks(join(site.data('older'), name), join(kept, name))).toBe(true);
    }
  });

  it('encrypted, comes back on another workstation with the passphrase only', async () => {
    const site = makeSite();
    await site.makeVm();
    await site.open();
    await site.console.request('host.use', { path: site.host });
    const { connectionString } = azurite;
    const passphrase = 'correct horse battery';
    const entry = { name: 'cloud', target, connectionString };
    await site.console.request('vault.add', { ...entry, encrypt: true, passphrase });
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
    await site.finish(job!.id);
    await site.write('system.vhdx', 40 * mebibyte, 0x77, 98_304);
    await site.write('system.vhdx', 2 * mebibyte, 0, mebibyte);
    await site.sync();
    expect(await site.verify()).toMatchObject({ identical: true });
    await site.resync();
    expect(await site.verify()).toMatchObject({ identical: true });
    // A new sign-in needs no passphrase again.
    await site.console.request('vault.add', entry);
    await site.console.stop();
    await site.open(site.data('new-workstation'));
    const open = (given: object) => site.console.request('vault.open', { ...entry, ...given });
    await expect(open({})).rejects.toMatchObject({ code: 'VAULT_PASSPHRASE_NEEDED' });
    await expect(open({ passphrase: 'wrong' })).rejects.toMatchObject({ code: 'VAULT_PASSPHRASE_WRONG' });
    expect((await open({ passphrase })).vms).toMatchObject([{ name: 'SRV1', disks: 2 }]);
    const { id } = await site.console.request('restore', {
      vm: 'SRV1',
      vault: 'cloud',
      toDirectory: site.data('restored'),
    });
    await site.finish(id);
    for (const name of ['system.vhdx', 'data.vhd']) {
      expect(await sameDisks(join(site.data('restored'), name), site.disk(name))).toBe(true);
    }
    await site.console.stop();
    const shown = readdirSync(site.data(), { recursive: true, withFileTypes: true })
      .filter((found) => found.isFile())
      .filter((found) => readFileSync(join(found.parentPath, found.name)).includes(passphrase));
    expect(shown).toEqual([]);
  });

  it('keeps the sign-in in its own file and nowhere else', async () => {
    const site = await protect();
    const checks = await site.console.request('vault.check', { name: 'cloud' });
    expect(checks).toMatchObject({ passed: true });
    await site.console.stop();
    const key = /AccountKey=([^;]+)/.exec(azurite.connectionString)![1]!;
    const holding = readdirSync(site.data(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path).includes(key));
    expect(holding).toEqual([join(site.data(), 'secrets.json')]);
    if (process.platform !== 'win32') expect(statSync(holding[0]!).mode & 0o777).toBe(0o600);
  });

  it('goes on by itself when the account was away', async () => {
    const site = await protect();
    await azurite.stop();
    await site.write('system.vhdx', 40 * mebibyte, 0x77);
    expect(await cycleFailure(site)).toBe('VAULT_UNREACHABLE');
    expect(await site.status()).toMatchObject({ resync: null, retry: { attempts: 1 } });
    await azurite.restart();
    await site.sync();
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('is marked when the account lost what it had acknowledged, and healed by resynchronization', async () => {
    const site = await protect();
    await azurite.stop();
    await azurite.restart();
    const points = async () => (await site.console.request('points', { vm: 'SRV1' })).points.length;
    let acknowledged: number;
    let round = 0;
    // The emulator saves what it knows every five seconds: now and then just in time.
    do {
      round += 1;
      await site.write('system.vhdx', (32 + round) * mebibyte, 0x77 + round, 196_608);
      await site.sync();
      acknowledged = await points();
      await azurite.kill();
      await azurite.restart();
    } while ((await points()) === acknowledged && round < 5);
    await site.write('system.vhdx', 50 * mebibyte, 0x11);
    expect(['HRL_OUT_OF_SEQUENCE', 'REPLICA_INVALID', 'REPLICA_MISSING']).toContain(await cycleFailure(site));
    expect(await site.status()).toMatchObject({ state: 'WaitingForStartResynchronize' });
    await site.resync();
    expect(await site.verify()).toMatchObject({ identical: true });
    expect(await site.status()).toMatchObject({ state: 'Replicating', resync: null });
    await site.write('system.vhdx', 51 * mebibyte, 0x22);
    await site.sync();
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('is marked when another program wrote into a replica, and healed by resynchronization', async () => {
    const site = await protect();
    const name = new URL(await site.replica('system.vhdx')).pathname.split('/').slice(3).join('/');
    const blob = openContainer(azurite.access, 'replicas').getPageBlobClient(name);
    await blob.getBlobLeaseClient().breakLease(0);
    await blob.uploadPages(Buffer.alloc(4096, 0xee), 30 * mebibyte, 4096);
    await site.write('system.vhdx', 50 * mebibyte, 0x11);
    expect(await cycleFailure(site)).toBe('REPLICA_INVALID');
    await site.resync();
    expect(await site.verify()).toMatchObject({ identical: true });
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toHaveLength(2);
  });
});
