import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logHeaderBytes } from '../../../src/main/hrl/log-header.ts';
import { dataPaths } from '../../../src/main/platform/data-directory.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { type EngineSite, engineSite, mebibyte, minuteMs } from '../../support/engine-site.ts';

const makeSite = engineSite();

const attempts = (site: EngineSite) => {
  const store = openStore(dataPaths(site.data()).store);
  try {
    return store.attempts.list({}).filter(({ what }) => what === 'cycle');
  } finally {
    store.close();
  }
};

const minutesAfter = (startMs: number, iso: string | undefined): number =>
  (Date.parse(iso ?? '') - startMs) / minuteMs;

describe('replication by itself', () => {
  it('runs a cycle each time the copy frequency comes round', async () => {
    const site = makeSite();
    await site.protect(300);
    const { nextCycleAt } = await site.start();
    for (let cycle = 1; cycle <= 3; cycle += 1) {
      await site.write('system.vhdx', cycle * mebibyte, cycle);
      const done = site.nextStatus(
        ({ lastCycle, activity }) =>
          lastCycle?.changedBytes === 4096 && lastCycle.point !== null && activity === null,
      );
      await site.clock.advanceTo(Date.parse(nextCycleAt!) + (cycle - 1) * 5 * minuteMs);
      const status = await done;
      expect(Date.parse(status.nextCycleAt!)).toBe(Date.parse(nextCycleAt!) + cycle * 5 * minuteMs);
      expect(status).toMatchObject({ rpoSeconds: 0, health: 'Normal' });
    }
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toHaveLength(4);
  });

  it('sends nothing while it is paused, tracks on, and catches up when it is resumed', async () => {
    const site = makeSite();
    await site.protect(30);
    await site.start();
    await site.console.request('pause', { vm: 'SRV1' });
    expect(await site.status()).toMatchObject({ state: 'Suspended', health: 'Warning', paused: true });
    let logged = 0;
    for (let cycle = 1; cycle <= 3; cycle += 1) {
      await site.write('system.vhdx', cycle * mebibyte, cycle, 64 * 1024);
      // The cycle has ended too: what is due while one runs is not made up for.
      const grown = site.nextStatus(
        ({ disks, activity, nextCycleAt }) =>
          disks.some(({ hrl }) => hrl.bytes > logged + 64 * 1024) &&
          activity === null &&
          Date.parse(nextCycleAt ?? '') > site.clock.now(),
      );
      await site.clock.advance(30_000);
      logged = Math.max(...(await grown).disks.map(({ hrl }) => hrl.bytes));
    }
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toHaveLength(1);
    expect(await site.status()).toMatchObject({ rpoSeconds: 90 });
    const caughtUp = site.nextStatus(
      ({ lastCycle, activity }) => lastCycle?.point != null && activity === null,
    );
    await site.console.request('resume', { vm: 'SRV1' });
    const { state, rpoSeconds, disks } = await caughtUp;
    expect({ state, rpoSeconds }).toEqual({ state: 'Replicating', rpoSeconds: 0 });
    expect(Math.max(...disks.map(({ hrl }) => hrl.bytes))).toBeLessThanOrEqual(logHeaderBytes);
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('tries a vault that is away after 1, 2, 4, 8, 10 and then every 30 minutes, and tracks on meanwhile', async () => {
    const site = makeSite();
    await site.protect(900);
    const { nextCycleAt } = await site.start();
    renameSync(site.vault, `${site.vault}-away`);
    await site.write('system.vhdx', 0, 1);
    let failed = site.nextError('VAULT_UNREACHABLE');
    const startMs = Date.parse(nextCycleAt!);
    await site.clock.advanceTo(startMs);
    await failed;
    const slots = [1, 3, 7, 15, 25, 55, 85];
    const { past, future, ...report } = await site.console.request('retries', { vm: 'SRV1' });
    expect(report).toMatchObject({ state: 'waiting', attempts: 1, action: { request: 'retry.now' } });
    expect(past.at(-1)).toMatchObject({
      what: 'cycle',
      outcome: 'failed',
      error: { code: 'VAULT_UNREACHABLE' },
      nextAttemptAt: new Date(startMs + minuteMs).toISOString(),
    });
    expect(future.map(({ at }) => minutesAfter(startMs, at))).toEqual([...slots, 115]);
    expect(future.map(({ number, stepMinutes }) => [number, stepMinutes]).slice(0, 6)).toEqual(
      [1, 2, 4, 8, 10, 30].map((step, index) => [index + 2, step]),
    );
    for (const [index, minutes] of slots.entries()) {
      const { retry, health, state } = await site.status();
      expect(retry?.attempts).toBe(index + 1);
      expect(minutesAfter(startMs, retry?.nextAttemptAt)).toBe(minutes);
      expect(minutesAfter(startMs, retry?.firstFailureAt)).toBe(0);
      expect({ health, state }).toEqual({ health: index < 5 ? 'Warning' : 'Critical', state: 'Replicating' });
      if (minutes === 85) break;
      await site.write('system.vhdx', (minutes + 2) * 65_536, minutes);
      failed = site.nextError('VAULT_UNREACHABLE');
      await site.clock.advanceTo(startMs + minutes * minuteMs);
      await failed;
    }
    expect(Math.max(...(await site.status()).disks.map(({ hrl }) => hrl.bytes))).toBeGreaterThan(6 * 4096);
    expect(attempts(site).filter(({ outcome }) => outcome === 'failed')).toHaveLength(7);

    renameSync(`${site.vault}-away`, site.vault);
    const healed = site.next((push) => push.kind === 'event' && push.event.text.includes('works again'));
    await site.clock.advanceTo(startMs + 85 * minuteMs);
    await healed;
    expect(await site.status()).toMatchObject({ retry: null, state: 'Replicating', rpoSeconds: 0 });
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('tries at once when a person asks for it', async () => {
    const site = makeSite();
    await site.protect(900);
    await site.start();
    renameSync(site.vault, `${site.vault}-away`);
    await site.write('system.vhdx', 0, 1);
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    expect(await site.failure(id)).toMatchObject({ state: 'failed', error: { code: 'VAULT_UNREACHABLE' } });
    expect((await site.status()).retry).toMatchObject({ attempts: 1 });
    const again = site.nextError('VAULT_UNREACHABLE');
    await site.console.request('retry.now', { vm: 'SRV1' });
    await again;
    expect((await site.status()).retry).toMatchObject({ attempts: 2 });
    renameSync(`${site.vault}-away`, site.vault);
    const healed = site.next((push) => push.kind === 'event' && push.event.text.includes('works again'));
    await site.console.request('retry.now', { vm: 'SRV1' });
    await healed;
    expect(await site.status()).toMatchObject({ retry: null, rpoSeconds: 0 });
  });

  it('waits in the state Error after a non-recoverable error until a person lets it go on', async () => {
    const site = makeSite();
    await site.protect(30);
    await site.start();
    renameSync(site.disk('data.vhd'), site.data('data.vhd.gone'));
    const failed = site.nextError('DISK_NOT_FOUND');
    await site.clock.advance(30_000);
    await failed;
    expect(await site.status()).toMatchObject({
      state: 'Error',
      stateNumber: 8,
      health: 'Critical',
      retry: null,
    });
    const tried = attempts(site).length;
    expect(await site.console.request('retries', { vm: 'SRV1' })).toMatchObject({
      state: 'stopped',
      future: [],
      action: { request: 'retry.now' },
      lastError: { code: 'DISK_NOT_FOUND' },
    });
    await site.clock.advance(120 * minuteMs);
    expect(attempts(site)).toHaveLength(tried);
    const still = site.nextError('DISK_NOT_FOUND');
    await site.console.request('resume', { vm: 'SRV1' });
    await still;
    renameSync(site.data('data.vhd.gone'), site.disk('data.vhd'));
    const healed = site.nextStatus(
      ({ state, activity, rpoSeconds }) => state === 'Replicating' && activity === null && rpoSeconds === 0,
    );
    await site.console.request('retry.now', { vm: 'SRV1' });
    expect(await healed).toMatchObject({
      healthReasons: expect.not.arrayContaining([{ code: 'DISK_NOT_FOUND' }]),
    });
  });
});
