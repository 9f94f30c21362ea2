import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openConsole } from '../../../src/main/console/console.ts';
import { openEngine } from '../../../src/main/transport/connect.ts';
import { engineSite, sameDisks } from '../../support/engine-site.ts';

const makeSite = engineSite();
const workersDirectory = join(import.meta.dirname, '../../../src/main/workers');

describe('another installation', () => {
  it('lists and restores the VMs of a vault, and may not replicate over them', async () => {
    const site = makeSite();
    await site.protect();
    const kept = site.keep('then');
    const { points } = await site.console.request('points', { vm: 'SRV1' });
    await site.console.stop();

    await site.open(site.data('other'));
    const vault = await site.console.request('vault.add', { name: 'found', target: site.vault });
    expect(vault.vms).toMatchObject([{ name: 'SRV1', disks: 2, points: 1 }]);
    const found = await site.console.request('points', { vm: 'SRV1', vault: 'found' });
    expect(found).toMatchObject({ vault: 'found', points });
    const toDirectory = site.data('restored');
    const { id } = await site.console.request('restore', { vm: 'SRV1', vault: 'found', toDirectory });
    expect(await site.finish(id)).toMatchObject({ verified: true });
    expect(await sameDisks(join(toDirectory, 'data.vhd'), join(kept, 'data.vhd'))).toBe(true);

    await site.console.request('host.use', { path: site.host });
    await expect(site.console.request('protect', { vm: 'SRV1', vault: 'found' })).rejects.toMatchObject({
      code: 'VAULT_IN_USE',
    });
    expect(await site.status()).toMatchObject({ protected: false });
    await site.console.stop();

    await site.open();
    await site.write('data.vhd', 0, 1);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096 });
  });

  it('restores from one vault while another one is away', async () => {
    const site = makeSite();
    await site.protect();
    await site.console.request('vault.add', { name: 'usb', target: site.data('usb') });
    renameSync(site.data('usb'), site.data('usb-away'));
    await site.finish((await site.console.request('unprotect', { vm: 'SRV1' })).id);
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toHaveLength(1);
    await expect(site.console.request('points', { vm: 'SRV2' })).rejects.toMatchObject({
      code: 'VAULT_UNREACHABLE',
    });
    const vaults = await site.console.request('vault.list', {});
    expect(vaults.map(({ name, reachable }) => [name, reachable])).toEqual([
      ['nas', true],
      ['usb', false],
    ]);
  });

  it('may not open a data directory that an engine has, and is told whose it is', async () => {
    const site = makeSite();
    const options = { dataDirectory: site.data(), workersDirectory, openConsole };
    const engine = await openEngine(options);
    await expect(openEngine(options)).rejects.toMatchObject({
      code: 'ENGINE_RUNNING',
      message: expect.stringContaining(String(process.pid)),
    });
    await engine.stop();
    await (await openEngine(options)).stop();
  });
});
