import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import type { TaskKind, Tasks } from '../../../src/main/workers/protocol.ts';
import { type TaskOptions, WorkerPool } from '../../../src/main/workers/worker-pool.ts';
import { EngineProcess, type KillPoint } from '../../support/engine-process.ts';
import { type EngineSite, engineSite, mebibyte } from '../../support/engine-site.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const makeSite = engineSite();

const addDisk = async (site: EngineSite): Promise<void> => {
  const writer = createVhdxWriter(site.disk('more.vhdx'), { sizeBytes: 16 * mebibyte, blockBytes: mebibyte });
  writer.write(Buffer.alloc(2 * mebibyte, 9), 3 * mebibyte);
  await writer.close();
};

/** The real workers, and a vault that goes away as soon as it has committed what was prepared. */
class VanishingVault extends WorkerPool {
  private readonly commit: () => void;
  private done = false;

  constructor(committed: () => void) {
    super(join(import.meta.dirname, '../../../src/main/workers'));
    this.commit = committed;
  }

  override async run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions = {},
  ): Promise<Tasks[K]['result']> {
    const result = await super.run(kind, params, options);
    if (!this.done && 'preparedDiskIds' in params && params.preparedDiskIds.length > 0) {
      this.done = true;
      this.commit();
    }
    return result;
  }
}

describe('a disk that is included', () => {
  it.skipIf(oracleMissing('qemu-img')).each<KillPoint>(['initial', 'commit', 'openLog'])(
    'goes on after a kill before %s, and no point is made that lacks it once it is complete',
    async (killBefore) => {
      const site = makeSite();
      await site.protect();
      await addDisk(site);
      await site.console.stop();
      const killed = await EngineProcess.start(site.data(), killBefore);
      await killed.request('protection.disks', { vm: 'SRV1', include: ['more.vhdx'] });
      await killed.exited;
      await site.write('system.vhdx', 0, 7);
      const engine = await EngineProcess.start(site.data());
      await engine.run();
      const asked = await engine.request('jobs', {});
      for (const { id, kind } of asked)
        if (kind === 'resync' || kind === 'disks') await engine.request('job.wait', { id });
      if ((await engine.request('status', { vm: 'SRV1' })).vms[0]!.state !== 'Replicating')
        await engine.job('resync', 'SRV1');
      await site.write('more.vhdx', 0, 8);
      await engine.job('sync', 'SRV1');
      const { vms } = await engine.request('status', { vm: 'SRV1' });
      expect(vms[0]).toMatchObject({ state: 'Replicating', resync: null });
      const { points } = await engine.request('points', { vm: 'SRV1' });
      expect(points.at(-1)?.disks).toBeUndefined();
      const disks = await engine.replicatedDisks('SRV1');
      await engine.stop();
      for (const { name, replica } of disks) {
        const format = name.endsWith('.vhd') ? 'vpc' : 'vhdx';
        expect(qemuIdentical(replica, 'vhdx', site.disk(name), format)).toBe(true);
      }
    },
  );

  it('is no member of any point before the vault knows of it, although its replica is there', async () => {
    const site = makeSite();
    await site.protect();
    await addDisk(site);
    await site.console.stop();
    const away = `${site.vault}.away`;
    await site.open(site.data(), new VanishingVault(() => renameSync(site.vault, away)));
    const { job } = await site.console.request('protection.disks', { vm: 'SRV1', include: ['more.vhdx'] });
    const { copyJob } = await site.finish<'disks'>(job!.id);
    await expect(site.finish(copyJob!)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    renameSync(away, site.vault);
    await site.write('system.vhdx', 0, 7);
    expect((await site.sync()).point).not.toBeNull();
    const points = async () => (await site.console.request('points', { vm: 'SRV1' })).points;
    expect((await points()).at(-1)?.disks?.toSorted()).toEqual(['data.vhd', 'system.vhdx']);
    await site.resync();
    await site.write('system.vhdx', 4096, 8);
    await site.sync();
    expect((await points()).at(-1)?.disks).toBeUndefined();
    expect(await site.verify()).toMatchObject({ identical: true });
  });
});
