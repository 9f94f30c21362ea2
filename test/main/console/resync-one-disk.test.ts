import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { EngineProcess } from '../../support/engine-process.ts';
import { type EngineSite, engineSite, mebibyte, sameDisks } from '../../support/engine-site.ts';
import { GatedPool } from '../../support/gated-pool.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const makeSite = engineSite();

const resize = async (site: EngineSite): Promise<void> => {
  const { disks } = await site.status();
  const { id: diskId } = disks.find(({ name }) => name === 'data.vhd')!;
  rmSync(site.disk('data.vhd'));
  const larger = createDynamicVhdWriter(site.disk('data.vhd'), { sizeBytes: 48 * mebibyte, diskId });
  larger.write(Buffer.alloc(mebibyte, 5), 40 * mebibyte);
  await larger.close();
};

const replace = async (site: EngineSite): Promise<void> => {
  rmSync(site.disk('data.vhd'));
  const other = createDynamicVhdWriter(site.disk('data.vhd'), { sizeBytes: 32 * mebibyte });
  other.write(Buffer.alloc(mebibyte, 5), 4 * mebibyte);
  await other.close();
};

const pointIds = async (site: EngineSite): Promise<string[]> =>
  (await site.console.request('points', { vm: 'SRV1' })).points.map(({ id }) => id);

const expectRestored = async (site: EngineSite, point: string, kept: string): Promise<void> => {
  const toDirectory = site.data(`restored-${point}`);
  const job = await site.console.request('restore', { vm: 'SRV1', point, toDirectory });
  expect(await site.finish(job.id)).toMatchObject({ verified: true });
  for (const name of ['system.vhdx', 'data.vhd'])
    expect(await sameDisks(`${toDirectory}/${name}`, `${kept}/${name}`)).toBe(true);
};

/** A cycle brings what was written to the one disk to the vault, whatever becomes of the other one. */
const expectReplicated = async (site: EngineSite, offset: number, value: number): Promise<void> => {
  await site.clock.advance(1_000);
  await site.write('system.vhdx', offset, value);
  expect(await site.sync()).toMatchObject({ changedBytes: 4096, consistency: 'fuzzy', point: null });
  expect(await sameDisks(await site.replica('system.vhdx'), site.disk('system.vhdx'))).toBe(true);
};

describe('a disk that must be resynchronized alone', () => {
  it.each([
    ['was resized', resize, 'DISK_CHANGED_GEOMETRY', 'initial'],
    ['was replaced', replace, 'DISK_REPLACED', 'resync'],
  ] as const)('that %s leaves the other disk replicated, before, while and after', async (...of) => {
    const [, change, code, task] = of;
    const site = makeSite();
    await site.protect();
    const kept = site.keep('before');
    const [before] = await pointIds(site);
    await site.console.stop();
    const pool = new GatedPool(task);
    await site.open(site.data(), pool);
    await change(site);
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    expect((await site.failure(id)).error).toMatchObject({ code });
    const marked = await site.status();
    expect(marked).toMatchObject({ health: 'Critical', resync: { code, disks: ['data.vhd'] } });
    expect(marked.healthReasons[0]?.text).toMatch(/^data\.vhd must be resynchronized/);

    await expectReplicated(site, 0, 1);
    expect(await pointIds(site)).toEqual([before]);
    await expectRestored(site, before!, kept);
    // Nothing newer of the whole VM is safe.
    expect((await site.status()).rpoSeconds).toBeGreaterThanOrEqual(1);

    pool.shut();
    const job = await site.console.request('resync', { vm: 'SRV1' });
    await pool.waiting;
    expect(await site.status()).toMatchObject({ state: 'Resynchronizing' });
    await expectReplicated(site, 32_768, 2);
    await expectReplicated(site, 65_536, 3);
    expect(await pointIds(site)).toEqual([before]);
    pool.open();
    const { disks } = await site.finish<'resync'>(job.id);
    expect(disks?.map(({ name }) => name)).toEqual(['data.vhd']);

    await site.write('system.vhdx', 98_304, 4);
    expect((await site.sync()).point).not.toBeNull();
    expect(await site.status()).toMatchObject({ state: 'Replicating', resync: null, rpoSeconds: 0 });
    expect(await site.verify()).toMatchObject({ identical: true });
    await expectRestored(site, (await pointIds(site)).at(-1)!, site.keep('after'));
  });

  it('is copied by the loop, in whose cycles the other disk goes on', async () => {
    const site = makeSite();
    await site.protect();
    await site.start();
    await resize(site);
    const marked = site.nextStatus(({ resync }) => resync !== null);
    await site.clock.advance(300_000);
    await marked;
    const sent = site.nextStatus(
      ({ lastCycle, activity }) => lastCycle?.changedBytes === 4096 && activity === null,
    );
    await site.write('system.vhdx', 0, 1);
    await site.clock.advance(300_000);
    await sent;
    expect(await sameDisks(await site.replica('system.vhdx'), site.disk('system.vhdx'))).toBe(true);
    const whole = site.nextStatus(
      ({ state, rpoSeconds }) => state === 'Replicating' && (rpoSeconds ?? 1) < 1,
    );
    await site.resync();
    await whole;
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it.skipIf(oracleMissing('qemu-img')).each(['initial', 'commit'] as const)(
    'goes on after a kill before %s, the other one all the while',
    async (killBefore) => {
      const site = makeSite();
      await site.protect();
      await resize(site);
      const { id } = await site.console.request('sync', { vm: 'SRV1' });
      expect((await site.failure(id)).error).toMatchObject({ code: 'DISK_CHANGED_GEOMETRY' });
      const replicas = new Map<string, string>();
      for (const name of ['system.vhdx', 'data.vhd']) replicas.set(name, await site.replica(name));
      await site.console.stop();
      const killed = await EngineProcess.start(site.data(), killBefore);
      await killed.request('resync', { vm: 'SRV1' });
      await killed.exited;
      await site.write('system.vhdx', 0, 7);
      const engine = await EngineProcess.start(site.data());
      const { vms } = await engine.request('status', { vm: 'SRV1' });
      expect(vms[0]).toMatchObject({ resync: { disks: ['data.vhd'] } });
      await engine.job('sync', 'SRV1');
      const expectIdentical = (name: string) => {
        const format = name.endsWith('.vhd') ? 'vpc' : 'vhdx';
        expect(qemuIdentical(replicas.get(name)!, 'vhdx', site.disk(name), format)).toBe(true);
      };
      expectIdentical('system.vhdx');
      await engine.job('resync', 'SRV1');
      await engine.job('sync', 'SRV1');
      await engine.stop();
      for (const name of replicas.keys()) expectIdentical(name);
    },
  );
});
