import { renameSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ResyncResult } from '../../../src/contract/job-reports.ts';
import { type EngineSite, engineSite, logsBeside, mebibyte, sameDisks } from '../../support/engine-site.ts';
import { HaltingPool } from '../../support/halting-pool.ts';

const makeSite = engineSite();
const cycleMs = 300_000;

/** A VM whose data.vhd, 24 MiB of it filled, is about to be compared with a halt at each of `halts`. */
const haltingSite = async (...halts: number[]): Promise<{ site: EngineSite; pool: HaltingPool }> => {
  const site = makeSite();
  const pool = new HaltingPool();
  await site.prepare();
  for (let at = 0; at < 24; at += 4) await site.write('data.vhd', at * mebibyte, at + 1, 4 * mebibyte);
  const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas', frequencySeconds: 300 });
  await site.finish(job!.id);
  await site.console.stop();
  await site.open(site.data(), pool);
  pool.halts = halts;
  await site.clock.advance(1_000);
  return { site, pool };
};

const begin = async (site: EngineSite, pool: HaltingPool): Promise<number> => {
  const { id } = await site.console.request('resync', { vm: 'SRV1' });
  await pool.standstill();
  return id;
};

/** Lets the time of a look come, and the comparison go on to its next halt. */
const letLook = async (site: EngineSite, pool: HaltingPool): Promise<void> => {
  const next = pool.standstill();
  await site.clock.advance(cycleMs);
  await next;
};

const hrlOf = async (site: EngineSite) =>
  (await site.status()).disks.find(({ name }) => name === 'data.vhd')!.hrl;

const expectWhole = async (site: EngineSite, { point, consistency }: ResyncResult): Promise<void> => {
  expect(consistency).toBe('crash');
  const { points } = await site.console.request('points', { vm: 'SRV1' });
  expect(points.at(-1)?.id).toBe(point);
  for (const name of ['system.vhdx', 'data.vhd'])
    expect(await sameDisks(await site.replica(name), site.disk(name))).toBe(true);
  expect(await site.verify()).toMatchObject({ identical: true, damagedBlocks: 0 });
  expect(await site.status()).toMatchObject({ state: 'Replicating', resync: null });
  expect(logsBeside(site.disk('data.vhd'))).toEqual([]);
};

describe('what is written while a disk is compared', () => {
  it('behind the comparison goes into a fresh log, ahead of it is compared; the job ends at one cut with both', async () => {
    const { site, pool } = await haltingSite(12 * mebibyte, 20 * mebibyte);
    const id = await begin(site, pool);
    await site.write('data.vhd', 2 * mebibyte, 0xb1, 64 * 1024);
    await site.write('data.vhd', 18 * mebibyte, 0xa1, 64 * 1024);
    await letLook(site, pool);
    // Two blocks behind; those ahead are the comparison's.
    expect((await hrlOf(site)).bytes).toBeGreaterThan(64 * 1024);
    expect((await hrlOf(site)).bytes).toBeLessThan(80 * 1024);
    expect(logsBeside(site.disk('data.vhd'))).toEqual(['data.vhd.hrl']);
    expect(await site.status()).toMatchObject({ state: 'Resynchronizing' });
    // Again behind, also what is in the log already, in part back to what it was; then the rest is compared.
    await site.write('data.vhd', 2 * mebibyte, 1, 4096);
    await site.write('data.vhd', 2 * mebibyte + 8192, 0xb2, 4096);
    await site.write('data.vhd', 19 * mebibyte, 0xa2);
    await site.clock.advance(cycleMs);
    const result = await site.finish<'resync'>(id);
    expect(result).toMatchObject({ differentBlocks: 2, resumed: false });
    expect(result.appliedBytes).toBeGreaterThan(2 * 32 * 1024);
    expect(result.disks).toMatchObject([{ resumedAt: null }, { resumedAt: null }]);
    await expectWhole(site, result);
  });

  it('costs no look, and interrupts nothing, while nothing is written', async () => {
    const { site, pool } = await haltingSite(12 * mebibyte);
    const id = await begin(site, pool);
    const { comparisons } = pool;
    await site.clock.advance(5 * cycleMs);
    expect(pool.comparisons).toBe(comparisons);
    await site.write('data.vhd', 0, 7);
    await site.clock.advance(cycleMs);
    await expectWhole(site, await site.finish<'resync'>(id));
    expect(pool.comparisons).toBe(comparisons + 1);
  });

  it('and outgrows half of the disk is remembered in a bitmap, told with figures and ways out, and sent', async () => {
    const { site, pool } = await haltingSite(20 * mebibyte, 22 * mebibyte, 23 * mebibyte);
    await site.write('data.vhd', 21 * mebibyte, 0x33, mebibyte);
    const id = await begin(site, pool);
    await site.write('data.vhd', 0, 0xc1, 10 * mebibyte);
    await letLook(site, pool);
    const warned = (await site.console.request('events', {})).filter(({ text }) =>
      /3\d % of the disk/.test(text),
    );
    expect(warned).toMatchObject([{ level: 'warning', disk: 'data.vhd' }]);
    await site.write('data.vhd', 10 * mebibyte, 0xc2, 8 * mebibyte);
    await letLook(site, pool);
    expect((await hrlOf(site)).degraded).toMatchObject({ changedBytes: 8 * mebibyte });
    const events = await site.console.request('events', {});
    const [told] = events.filter(({ text }) => text.includes('Ways out'));
    expect(told).toMatchObject({ level: 'warning', code: 'HRL_THRESHOLD', disk: 'data.vhd' });
    expect(told!.text).toMatch(
      /outgrew 50 % of the disk during a resynchronization: 1\d\.\d MB wait; it changes at [\d.]+ KB\/s/,
    );
    expect(told!.text).toMatch(
      /Ways out: a higher bandwidth limit, a wider window, a larger volume, or copying/,
    );
    await site.write('data.vhd', mebibyte, 0xc3);
    await site.clock.advance(cycleMs);
    const result = await site.finish<'resync'>(id);
    // The one comparison: nothing is marked again.
    expect(pool.halts).toEqual([]);
    await expectWhole(site, result);
    const { resyncs } = await site.console.request('resync.history', { vm: 'SRV1' });
    expect(resyncs).toHaveLength(1);
    await site.write('data.vhd', 0, 1);
    await site.sync();
    expect(await hrlOf(site)).toMatchObject({ degraded: null });
  });

  it('does not get lost with a log that is taken away: the comparison begins anew', async () => {
    const { site, pool } = await haltingSite(12 * mebibyte, 16 * mebibyte, 8 * mebibyte);
    const id = await begin(site, pool);
    await site.write('data.vhd', 2 * mebibyte, 0xb1);
    await letLook(site, pool);
    rmSync(site.disk('data.vhd.hrl'));
    await site.write('data.vhd', 3 * mebibyte, 0xb2);
    await letLook(site, pool);
    const events = await site.console.request('events', {});
    expect(events.findLast(({ code }) => code === 'HRL_MISSING')?.text).toMatch(
      /comparison of data\.vhd begins anew/,
    );
    await site.write('data.vhd', mebibyte, 0xb3);
    await site.clock.advance(cycleMs);
    await expectWhole(site, await site.finish<'resync'>(id));
  });

  it('stays in its log when the engine is stopped, which goes on where it was', async () => {
    const { site, pool } = await haltingSite(12 * mebibyte, 16 * mebibyte);
    const id = await begin(site, pool);
    await site.write('data.vhd', 2 * mebibyte, 0xb1);
    await letLook(site, pool);
    const { bytes } = await hrlOf(site);
    await site.console.stop();
    await site.write('data.vhd', 4 * mebibyte, 0xb2);
    await site.write('data.vhd', 23 * mebibyte, 0xa2);
    const readBefore = pool.readBytes;
    const next = new HaltingPool();
    await site.open(site.data(), next);
    expect((await hrlOf(site)).bytes).toBe(bytes);
    await site.console.start();
    const result = await site.finish<'resync'>(id);
    expect(result).toMatchObject({ resumed: true });
    // The halts were at 12 and 16 of the 24 MiB that it has: nothing is read twice.
    expect([readBefore, next.readBytes]).toEqual([16 * mebibyte, 8 * mebibyte]);
    await expectWhole(site, result);
  });

  it('waits for the next cycle where the vault goes away after the commit', async () => {
    const { site, pool } = await haltingSite(12 * mebibyte);
    const id = await begin(site, pool);
    await site.write('data.vhd', 0, 9);
    const committed = site.nextStatus(({ resync }) => resync === null);
    await site.clock.advance(cycleMs);
    await committed;
    renameSync(site.vault, `${site.vault}-away`);
    const report = await site.failure(id);
    renameSync(`${site.vault}-away`, site.vault);
    expect(report).toMatchObject({ state: 'succeeded' });
    await site.sync();
    expect(await site.verify()).toMatchObject({ identical: true });
  });
});
