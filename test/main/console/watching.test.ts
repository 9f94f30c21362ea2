import { describe, expect, it } from 'vitest';
import { engineSite, mebibyte } from '../../support/engine-site.ts';

const makeSite = engineSite();

describe('who watches', () => {
  it('hears the last status of each phase: nothing under way, the new state', async () => {
    const site = makeSite();
    await site.prepare();
    const seen = site.nextStatus(({ state }) => state === 'WaitingForInitialReplication');
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    expect((await seen).rpoSeconds).toBeNull();
    const replicating = site.nextStatus(
      ({ state, activity }) => state === 'Replicating' && activity === null,
    );
    await site.finish(job!.id);
    const status = await replicating;
    expect(status.disks.map(({ progress }) => progress)).toEqual([null, null]);
    expect(status.disks.every(({ replica }) => replica !== null)).toBe(true);

    const paused = site.nextStatus(({ state }) => state === 'Suspended');
    await site.console.request('pause', { vm: 'SRV1' });
    await paused;
    const idle = site.nextStatus(({ activity }) => activity === null);
    const { id } = await site.console.request('verify', { vm: 'SRV1' });
    await site.finish(id);
    expect((await idle).disks.map(({ progress }) => progress)).toEqual([null, null]);
    const gone = site.next(({ kind }) => kind === 'unprotected');
    await site.finish((await site.console.request('unprotect', { vm: 'SRV1' })).id);
    await gone;
  });

  it('is told of a VM at most four times a second, however often it changes', async () => {
    const site = makeSite();
    await site.protect();
    const startedAt = performance.now();
    const before = site.pushes.filter(({ kind }) => kind === 'status').length;
    for (let round = 0; round < 4; round += 1) {
      await site.write('system.vhdx', round * mebibyte, round + 1);
      await site.sync();
    }
    const pushed = site.pushes.filter(({ kind }) => kind === 'status').length - before;
    expect(pushed).toBeLessThanOrEqual(1 + (performance.now() - startedAt) / 250);
  });

  it('reads the events in the order they happened', async () => {
    const site = makeSite();
    await site.protect();
    await site.sync();
    const events = await site.console.request('events', {});
    expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted((a, b) => a - b));
    expect(events.map(({ text }) => text)).toEqual([
      'Settings were changed: resyncWindow.',
      `The folder ${site.host} was chosen as the host.`,
      `The vault "nas" at ${site.vault} is known from now on.`,
      'Protection of SRV1 was enabled into the vault "nas".',
      'Initial replication of SRV1 is complete.',
      'SRV1 is protected: a cycle every 300 seconds, 24 recovery points are kept.',
      'A cycle of SRV1 was asked for by hand.',
    ]);
    expect(await site.console.request('events', { sinceId: events[0]!.id })).toEqual(events.slice(1));
  });
});
