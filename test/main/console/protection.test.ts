import { chmodSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReplicationError } from '../../../src/contract/errors.ts';
import { logHeaderBytes } from '../../../src/main/hrl/log-header.ts';
import { allLogsBeside, engineSite, mebibyte, sameDisks } from '../../support/engine-site.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const makeSite = engineSite();

describe('a protected VM', () => {
  it('begins with the policy of the settings where nothing else is asked for', async () => {
    const site = makeSite();
    await site.prepare();
    await site.console.request('settings.change', {
      newProtection: { frequencySeconds: 900, retentionPoints: 7 },
    });
    const { job, status } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    expect(status).toMatchObject({ frequencySeconds: 900 });
    await site.finish(job!.id);
    const { id } = await site.console.request('protection.change', { vm: 'SRV1', frequencySeconds: 30 });
    expect(await site.finish(id)).toMatchObject({ frequencySeconds: 30, retentionPoints: 7 });
  });

  it('is replicated, kept current, restored as of every point, verified and let go', async () => {
    const site = makeSite();
    await site.prepare();
    const report = await site.console.request('protect', { vm: 'SRV1', vault: 'nas', frequencySeconds: 30 });
    expect(report.checks.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(report.status).toMatchObject({
      state: 'WaitingForInitialReplication',
      health: 'Warning',
      rpoSeconds: null,
      lastSyncAt: null,
    });
    const initial = await site.finish<'initial'>(report.job!.id);
    expect(initial).toMatchObject({
      sentBytes: 16 * mebibyte,
      skippedBytes: 80 * mebibyte,
      consistency: 'crash',
    });
    const kept = [{ point: initial.point!, directory: site.keep('0') }];

    for (let round = 1; round <= 3; round += 1) {
      await site.clock.advance(7_000);
      for (let page = 0; page < 20; page += 1)
        await site.write('system.vhdx', page * 300 * 1024, round * 20 + page);
      const cycle = await site.sync();
      expect(cycle).toMatchObject({ changedBytes: 20 * 4096, consistency: 'crash', durationMs: 0 });
      expect(cycle.sentBytes).toBeLessThanOrEqual(1.1 * cycle.changedBytes);
      kept.push({ point: cycle.point!, directory: site.keep(String(round)) });
    }
    await site.clock.advance(5_000);
    expect(await site.sync()).toMatchObject({ changedBytes: 0, sentBytes: 0, point: null });
    await site.clock.advance(12_000);
    const status = await site.status();
    expect(status).toMatchObject({
      protected: true,
      state: 'Replicating',
      stateNumber: 3,
      health: 'Normal',
      healthReasons: [],
      vault: 'nas',
      frequencySeconds: 30,
      rpoSeconds: 12,
      lastSyncAt: new Date(site.clock.now() - 12_000).toISOString(),
      retry: null,
      resync: null,
      activity: null,
    });
    expect(status.disks.toSorted((a, b) => a.name.localeCompare(b.name))).toMatchObject([
      {
        name: 'data.vhd',
        path: site.disk('data.vhd'),
        sizeBytes: 32 * mebibyte,
        replica: join(site.vault, 'SRV1', 'data.vhdx'),
        hrl: { thresholdBytes: 16 * mebibyte },
        progress: null,
        error: null,
      },
      {
        name: 'system.vhdx',
        sizeBytes: 64 * mebibyte,
        replica: join(site.vault, 'SRV1', 'system.vhdx'),
        hrl: { thresholdBytes: 32 * mebibyte },
      },
    ]);

    expect(Math.max(...status.disks.map(({ hrl }) => hrl.bytes))).toBeLessThanOrEqual(logHeaderBytes);

    const { points } = await site.console.request('points', { vm: 'SRV1' });
    expect(points.map(({ id }) => id)).toEqual(kept.map(({ point }) => point));
    for (const { point, directory } of kept) {
      const toDirectory = site.data(`restored-${point}`);
      const job = await site.console.request('restore', { vm: 'SRV1', point, toDirectory });
      expect(await site.finish(job.id)).toMatchObject({ point, verified: true });
      for (const name of ['system.vhdx', 'data.vhd']) {
        expect(await sameDisks(join(toDirectory, name), join(directory, name))).toBe(true);
      }
      if (!oracleMissing('qemu-img')) {
        expect(qemuIdentical(join(toDirectory, 'data.vhd'), 'vpc', join(directory, 'data.vhd'), 'vpc')).toBe(
          true,
        );
        expect(
          qemuIdentical(join(toDirectory, 'system.vhdx'), 'vhdx', join(directory, 'system.vhdx'), 'vhdx'),
        ).toBe(true);
      }
    }
    expect(await site.verify()).toMatchObject({ identical: true, differentBlocks: 0, blocks: 96 * 32 });

    const job = await site.console.request('unprotect', { vm: 'SRV1' });
    expect(await site.finish(job.id)).toMatchObject({ replicaDeleted: false });
    expect(allLogsBeside(site.disk('system.vhdx'))).toEqual([]);
    expect(readdirSync(site.data('data/tracking'))).toEqual([]);
    expect(existsSync(join(site.vault, 'SRV1', 'system.vhdx'))).toBe(true);
    expect(await site.status()).toMatchObject({ protected: false, state: 'Disabled' });
  });

  it('is replicated anew into the replica that an earlier protection left, or without it', async () => {
    const site = makeSite();
    await site.protect();
    for (const deleteReplica of [false, true]) {
      const { id } = await site.console.request('unprotect', { vm: 'SRV1', deleteReplica });
      await site.finish(id);
      await site.clock.advance(1_000);
      expect(existsSync(join(site.vault, 'SRV1'))).toBe(!deleteReplica);
      await site.write('system.vhdx', 3 * mebibyte, deleteReplica ? 7 : 8);
      const { job, status } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
      expect(status?.disks.map(({ replica }) => replica)).toEqual([null, null]);
      await site.finish(job!.id);
      expect(await site.verify()).toMatchObject({ identical: true });
    }
  });

  it('keeps its protection when its folder is renamed on the host', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('data.vhd', 0, 1);
    renameSync(join(site.host, 'SRV1'), join(site.host, 'FILES'));
    site.vm = 'FILES';
    const renamed = site.next((push) => push.kind === 'job' && push.job.state === 'succeeded');
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    await site.finish(id);
    await renamed;
    expect(await site.status()).toMatchObject({ name: 'FILES', state: 'Replicating' });
    await site.write('data.vhd', mebibyte, 2);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096 });
    expect(await site.verify()).toMatchObject({ identical: true });
  });
});

describe('protecting a VM', () => {
  const refusal = (request: Promise<unknown>) =>
    request.then(
      () => null,
      (error: unknown) => error,
    );

  it('refuses what it cannot do, and says why', async () => {
    const site = makeSite();
    await site.prepare();
    const protect = (params: object) =>
      refusal(site.console.request('protect', { vm: 'SRV1', vault: 'nas', ...params }));
    expect(await protect({ vm: 'SRV9' })).toMatchObject({ code: 'VM_NOT_FOUND' });
    expect(await protect({ vault: 'usb' })).toMatchObject({ code: 'VAULT_UNKNOWN' });
    expect(await protect({ exclude: ['swap.vhd'] })).toMatchObject({ code: 'DISK_NOT_IN_VM' });
    const { disks } = await site.console.request('vm.show', { vm: 'SRV1' });
    const system = disks.find(({ isOperatingSystem }) => isOperatingSystem)!;
    expect(await protect({ exclude: [system.name] })).toMatchObject({ code: 'DISK_IS_OS' });
    renameSync(site.vault, `${site.vault}-away`);
    expect(await protect({})).toMatchObject({ code: 'VAULT_UNREACHABLE' });
    renameSync(`${site.vault}-away`, site.vault);
    const { status } = await site.console
      .request('status', { vm: 'SRV1' })
      .then(({ vms }) => ({ status: vms[0]! }));
    expect(status.protected).toBe(false);
    // What was refused before anything was checked is no job.
    const [newest, ...others] = await site.console.request('jobs', {});
    expect(others.map(({ kind }) => kind)).toEqual(['vault']);
    expect([newest]).toMatchObject([
      { kind: 'protect', state: 'failed', error: { code: 'VAULT_UNREACHABLE' }, canRestart: true },
    ]);
  });

  it('names the file of a broken chain', async () => {
    const site = makeSite();
    await site.prepare();
    const { createVhdxWriter } = await import('../../../src/main/disk/vhdx/vhdx-writer.ts');
    const { openDiskLayer } = await import('../../../src/main/disk/open-disk.ts');
    const layer = openDiskLayer(site.disk('system.vhdx'));
    layer.close();
    const parent = {
      linkage: layer.linkage,
      relativePath: './gone.vhdx',
      absolutePath: site.disk('gone.vhdx'),
    };
    const options = { sizeBytes: 64 * mebibyte, blockBytes: mebibyte, parent };
    await createVhdxWriter(site.disk('broken_1.avhdx'), options).close();
    const error = await refusal(site.console.request('protect', { vm: 'SRV1', vault: 'nas' }));
    expect(error).toMatchObject({ code: 'DISK_CHAIN_BROKEN', file: expect.stringContaining('gone.vhdx') });
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'needs a folder that it may write its logs into',
    async () => {
      const site = makeSite();
      await site.prepare();
      chmodSync(join(site.host, 'SRV1'), 0o555);
      const error = await refusal(site.console.request('protect', { vm: 'SRV1', vault: 'nas' }));
      chmodSync(join(site.host, 'SRV1'), 0o755);
      expect(error).toMatchObject({ code: 'DISK_ACCESS_DENIED' });
    },
  );

  it('leaves out the disks that were excluded', async () => {
    const site = makeSite();
    await site.prepare();
    const { disks } = await site.console.request('vm.show', { vm: 'SRV1' });
    const data = disks.find(({ isOperatingSystem }) => !isOperatingSystem)!;
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas', exclude: [data.name] });
    await site.finish(job!.id);
    const { disks: shown } = await site.status();
    expect(shown.find(({ name }) => name === data.name)).toMatchObject({ excluded: true, replica: null });
    await site.write(data.name, 0, 1);
    expect(await site.sync()).toMatchObject({ changedBytes: 0 });
  });

  it('goes on without a disk that cannot be read only when that was asked for', async () => {
    const site = makeSite();
    await site.prepare();
    writeFileSync(site.disk('bad.vhdx'), Buffer.alloc(100_000, 7));
    const ask = { vm: 'SRV1', vault: 'nas' };
    const error = (await refusal(site.console.request('protect', ask))) as ReplicationError;
    expect(error).toMatchObject({ code: 'DISK_FORMAT_UNKNOWN', file: site.disk('bad.vhdx') });
    expect(error.message).toContain('To protect SRV1 without it: --exclude "bad.vhdx".');
    const { unreadable } = await site.console.request('vm.show', { vm: 'SRV1' });
    for (const key of ['BAD.vhdx', unreadable[0]!.id]) {
      const { checks } = await site.console.request('protect', { ...ask, exclude: [key], checkOnly: true });
      expect(checks.filter(({ outcome }) => outcome !== 'pass')).toMatchObject([
        { outcome: 'warning', detail: expect.stringContaining('bad.vhdx is left out') },
      ]);
    }

    const { job } = await site.console.request('protect', { ...ask, exclude: ['bad.vhdx'] });
    await site.finish(job!.id);
    const { disks } = await site.status();
    expect(disks.find(({ name }) => name === 'bad.vhdx')).toMatchObject({ excluded: true, replica: null });
    await site.write('data.vhd', 0, 1);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096 });
    await site.reopen();
    await site.write('data.vhd', 0, 2);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096 });
  });

  it('asked for again while the first copy is not done goes on with the same job', async () => {
    const site = makeSite();
    await site.prepare();
    const first = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    const second = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    expect(second.job!.id).toBe(first.job!.id);
    await site.reopen();
    const third = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    expect(third.job!.id).toBe(first.job!.id);
    await site.finish(first.job!.id);
    const error = await refusal(site.console.request('protect', { vm: 'SRV1', vault: 'nas' }));
    expect(error).toMatchObject({ code: 'VM_ALREADY_PROTECTED' });
  });

  it('is done once when two ask at the same time', async () => {
    const site = makeSite();
    await site.prepare();
    const ask = () => site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(second.job!.id).toBe(first.job!.id);
    const kinds = (await site.console.request('jobs', {})).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['initial', 'protect', 'vault']);
  });
});
