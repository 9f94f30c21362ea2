import { copyFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { dataPaths } from '../../../src/main/platform/data-directory.ts';
import { trackingReserve } from '../../../src/main/replication/tracking/log-room.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { type EngineSite, engineSite } from '../../support/engine-site.ts';

const makeSite = engineSite();

const check = async (site: EngineSite) => {
  const { checks, job, status } = await site.console.request('protect', {
    vm: 'SRV1',
    vault: 'nas',
    checkOnly: true,
  });
  expect({ job, status }).toEqual({ job: null, status: null });
  return checks;
};

const unfit = async (site: EngineSite) => (await check(site)).filter(({ outcome }) => outcome !== 'pass');

const keepFree = async (site: EngineSite, bytes: number): Promise<void> => {
  await site.console.stop();
  const store = openStore(dataPaths(site.data()).store);
  store.settings.put(trackingReserve, bytes);
  store.close();
  await site.open();
};

describe('the prerequisites', () => {
  it('are shown one by one, and trying them leaves nothing behind', async () => {
    const site = makeSite();
    await site.prepare();
    const files = () => [site.host, site.vault].map((path) => readdirSync(path, { recursive: true }).sort());
    const before = files();
    const checks = await check(site);
    expect(checks.map(({ name }) => name)).toEqual([
      'Disks',
      'Disk files and chains',
      'Disk sizes',
      'Log folder',
      'Log space',
      ...['reach', 'write', 'rename', 'read', 'delete', 'space'].map((right) => `Vault: ${right}`),
      'Vault: space for the replica',
      'No other replication',
    ]);
    expect(new Set(checks.map(({ outcome }) => outcome))).toEqual(new Set(['pass']));
    expect(files()).toEqual(before);
    const jobs = await site.console.request('jobs', {});
    expect(jobs.filter(({ kind }) => kind !== 'vault')).toEqual([]);
  });

  it('warn of a volume too small for the logs, and fail below what must stay free', async () => {
    const site = makeSite();
    await site.prepare();
    const large = { sizeBytes: 8 * 1024 ** 4, blockBytes: 32 * 1024 ** 2 };
    await createVhdxWriter(site.disk('large.vhdx'), large).close();
    const [warning] = await unfit(site);
    expect(warning).toMatchObject({
      name: 'Log space',
      outcome: 'warning',
      detail: expect.stringMatching(/GB free on .* 4,096 GB \(50 % of the disks\)/),
      fix: expect.stringMatching(/^Free .* GB on .* to be safe\.$/),
    });
    await keepFree(site, 1024 ** 5);
    expect(await unfit(site)).toMatchObject([
      { name: 'Log space', outcome: 'fail', error: { code: 'VOLUME_LOW_SPACE' } },
      { name: 'Vault: space for the replica', outcome: 'fail', error: { code: 'VAULT_FULL' } },
    ]);
    const refused = site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await expect(refused).rejects.toMatchObject({ code: 'VOLUME_LOW_SPACE' });
  });

  it('find a disk file whose name leaves no room for the name of its log', async () => {
    const site = makeSite();
    await site.prepare();
    const name = `${'n'.repeat(240)}.vhdx`;
    await createVhdxWriter(site.disk(name), { sizeBytes: 1024 ** 2, blockBytes: 1024 ** 2 }).close();
    expect(await unfit(site)).toMatchObject([
      { name: 'Log folder', detail: expect.stringContaining(`The name ${name} is too long`) },
    ]);
    expect(readdirSync(site.disk('..')).some((file) => file.startsWith('.hvrc-check'))).toBe(false);
  });

  it('say why a vault cannot be reached, beside all that could be checked', async () => {
    const site = makeSite();
    await site.prepare();
    renameSync(site.vault, `${site.vault}-away`);
    expect(await unfit(site)).toMatchObject([
      { name: 'Vault: reach', outcome: 'fail', error: { code: 'VAULT_UNREACHABLE', class: 'recoverable' } },
    ]);
  });

  it('find the replication of another installation, at the vault and beside the disks', async () => {
    const site = makeSite();
    await site.protect();
    expect(await unfit(site)).toMatchObject([{ error: { code: 'VM_ALREADY_PROTECTED' } }]);
    await site.console.stop();
    await site.open(site.data('other'));
    await site.console.request('host.use', { path: site.host });
    await site.console.request('vault.open', { name: 'nas', target: site.vault });
    expect(await unfit(site)).toMatchObject([
      { name: 'No other replication', error: { code: 'VAULT_IN_USE' } },
    ]);
    await site.console.request('vault.add', { name: 'usb', target: site.data('usb') });
    const log = site.disk('data.vhd.hrl');
    const foreign = site.console.request('protect', { vm: 'SRV1', vault: 'usb' });
    await expect(foreign).rejects.toMatchObject({ code: 'HRL_FOREIGN', file: log });
    copyFileSync(log, site.data('kept.hrl'));
    for (const name of ['data.vhd.hrl', 'system.vhdx.hrl']) rmSync(site.disk(name));
    writeFileSync(log, 'of another product');
    await expect(site.console.request('protect', { vm: 'SRV1', vault: 'usb' })).rejects.toThrow(
      /log of another product/,
    );
    rmSync(log);
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'usb' });
    await site.finish(job!.id);
  });
});
