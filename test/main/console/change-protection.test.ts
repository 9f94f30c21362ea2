import { describe, expect, it } from 'vitest';
import { EngineProcess } from '../../support/engine-process.ts';
import { engineSite } from '../../support/engine-site.ts';

const makeSite = engineSite();

describe('a change of the policy', () => {
  it('holds from the next cycle on, here and in the vault’s catalogue', async () => {
    const site = makeSite();
    await site.protect(900);
    await site.start();
    const { id } = await site.console.request('protection.change', {
      vm: 'SRV1',
      frequencySeconds: 30,
      retentionPoints: 3,
    });
    expect(await site.finish(id)).toMatchObject({
      frequencySeconds: 30,
      retentionPoints: 3,
    });
    const [event] = await site.console.request('events', { text: 'policy' });
    expect(event?.text).toContain('3 recovery points are kept instead of 24');
    const status = await site.status();
    expect(status.frequencySeconds).toBe(30);
    expect(Date.parse(status.nextCycleAt!)).toBeLessThanOrEqual(site.clock.now() + 30_000);
    const { steps, percent } = await site.console.request('job', { id });
    expect(steps.map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'Change the policy: succeeded',
      'Tell the vault: succeeded',
      'Drop older recovery points: succeeded',
    ]);
    expect(percent).toBe(100);
  });

  it('to some hours drops the points that are older than the newest by more, at once', async () => {
    const site = makeSite();
    await site.protect();
    const pointsAfter = async (minutes: number): Promise<number> => {
      await site.clock.advance(minutes * 60_000);
      await site.write('system.vhdx', 0, minutes);
      await site.sync();
      return (await site.console.request('points', { vm: 'SRV1' })).points.length;
    };
    const change = async (retentionHours: number | null) => {
      const { id } = await site.console.request('protection.change', { vm: 'SRV1', retentionHours });
      return site.finish(id);
    };
    expect(await pointsAfter(40)).toBe(2);
    expect(await pointsAfter(41)).toBe(3);
    expect(await change(1)).toMatchObject({ retentionHours: 1, retentionPoints: 24 });
    expect(await site.status()).toMatchObject({ retentionPoints: 24, retentionHours: 1 });
    expect(await pointsAfter(10)).toBe(3);
    expect(await pointsAfter(11)).toBe(3);
    expect(await change(0)).toMatchObject({ retentionHours: 0, droppedPoints: 2 });
    expect(await pointsAfter(12)).toBe(1);
    expect(await change(null)).toMatchObject({ retentionHours: null });
    expect(await pointsAfter(300)).toBe(2);
  });

  it('to fewer points drops the oldest at once, also while the VM is paused, and says how many', async () => {
    const site = makeSite();
    await site.protect();
    for (const value of [1, 2, 3]) {
      await site.clock.advance(60_000);
      await site.write('system.vhdx', 0, value);
      await site.sync();
    }
    const points = async () =>
      (await site.console.request('points', { vm: 'SRV1' })).points.map(({ id }) => id);
    const newest = (await points()).slice(-2);
    await site.console.request('pause', { vm: 'SRV1' });
    const { id } = await site.console.request('protection.change', { vm: 'SRV1', retentionPoints: 2 });
    expect(await site.finish(id)).toMatchObject({ retentionPoints: 2, droppedPoints: 2 });
    expect(await points()).toEqual(newest);
    const [event] = await site.console.request('events', { text: 'dropped' });
    expect(event?.text).toBe(
      '2 recovery points of SRV1 were dropped: the policy keeps 2, whatever their age.',
    );
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('that kill -9 met before the points went drops them when it goes on', async () => {
    const site = makeSite();
    await site.makeVm();
    const doomed = await EngineProcess.start(site.data(), 'prune');
    await doomed.request('host.use', { path: site.host });
    await doomed.request('vault.add', { name: 'nas', target: site.vault });
    const { job } = await doomed.request('protect', { vm: 'SRV1', vault: 'nas' });
    await doomed.finish(job!);
    for (const value of [1, 2]) {
      await site.write('system.vhdx', 0, value);
      await doomed.job('sync', 'SRV1');
    }
    const change = await doomed.request('protection.change', { vm: 'SRV1', retentionPoints: 1 });
    await doomed.exited;

    const engine = await EngineProcess.start(site.data());
    expect((await engine.request('points', { vm: 'SRV1' })).points).toHaveLength(3);
    await engine.run();
    await engine.finish(change);
    expect((await engine.request('points', { vm: 'SRV1' })).points).toHaveLength(1);
    await engine.stop();
  });
});
