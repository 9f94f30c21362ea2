import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { JobReport, JobState } from '../../../src/contract/job-reports.ts';
import { weekdays } from '../../../src/contract/weekdays.ts';
import { type EngineSite, engineSite, logsBeside, mebibyte, sameDisks } from '../../support/engine-site.ts';
import { GatedPool } from '../../support/gated-pool.ts';

const makeSite = engineSite();
const hourMs = 3_600_000;

/** A window of the hours between two moments relative to now, by the machine's own clock. */
const setWindow = async (
  site: EngineSite,
  fromHours: number,
  toHours: number,
  atEnd: 'pause' | 'finish' = 'pause',
): Promise<{ opensAt: string; closesAtMs: number }> => {
  const minute = DateTime.fromMillis(site.clock.now()).startOf('minute');
  const [from, to] = [minute.plus({ hours: fromHours }), minute.plus({ hours: toHours })];
  const hours = { days: [...weekdays], from: from.toFormat('HH:mm'), to: to.toFormat('HH:mm') };
  await site.console.request('settings.change', { resyncWindow: { enabled: true, hours, atEnd } });
  return { opensAt: from.toJSDate().toISOString(), closesAtMs: to.toMillis() };
};

/** A VM whose log was lost, with an engine that replicates by itself and a gate before comparisons. */
const markedSite = async (): Promise<{ site: EngineSite; pool: GatedPool }> => {
  const site = makeSite();
  const pool = new GatedPool('resync');
  await site.protect();
  await site.console.stop();
  await site.open(site.data(), pool);
  await site.start();
  await site.console.request('pause', { vm: 'SRV1' });
  await site.write('system.vhdx', mebibyte, 7);
  const logged = site.nextStatus(
    ({ disks, activity }) => activity === null && disks.some(({ hrl }) => hrl.bytes > 0),
  );
  await site.clock.advance(300_000);
  await logged;
  rmSync(site.disk(logsBeside(site.disk('system.vhdx'))[0]!));
  return { site, pool };
};

/** Lets the engine find out; the window says what comes next. */
const findOut = async (site: EngineSite): Promise<void> => {
  const marked = site.nextStatus(({ resync }) => resync !== null);
  await site.console.request('resume', { vm: 'SRV1' });
  await marked;
};

const nextJob = async (site: EngineSite, state: JobState): Promise<JobReport> => {
  const push = await site.next(
    ({ ...push }) => push.kind === 'job' && push.job.kind === 'resync' && push.job.state === state,
  );
  if (push.kind !== 'job') throw new Error('not a job');
  return push.job;
};

describe('a VM marked outside the window', () => {
  it('waits for it, says until when, and is resynchronized by itself when it opens', async () => {
    const { site } = await markedSite();
    const { opensAt } = await setWindow(site, 2, 4);
    const waits = nextJob(site, 'waitingForWindow');
    await findOut(site);
    expect(await waits).toMatchObject({ state: 'waitingForWindow', nextAttemptAt: opensAt });
    expect(await site.status()).toMatchObject({
      state: 'WaitingForStartResynchronize',
      health: 'Critical',
      resync: { code: 'HRL_MISSING', disk: 'system.vhdx', byHand: false, nextWindowAt: opensAt },
    });
    expect(await site.console.request('status', {})).toMatchObject({ nextWindowAt: opensAt });
    const { id } = await waits;
    await site.clock.advance(2 * hourMs);
    expect(await site.finish(id)).toMatchObject({ kind: 'resync', differentBlocks: 1 });
    expect(await site.status()).toMatchObject({ state: 'Replicating', resync: null });
    const { resyncs } = await site.console.request('resync.history', { vm: 'SRV1' });
    expect(resyncs).toMatchObject([
      {
        code: 'HRL_MISSING',
        disk: 'system.vhdx',
        byHand: false,
        resolvedAt: expect.any(String),
        differentBlocks: 1,
      },
    ]);
  });

  it('is resynchronized at once by hand, as the job that waited', async () => {
    const { site } = await markedSite();
    await setWindow(site, 2, 4);
    const waits = nextJob(site, 'waitingForWindow');
    await findOut(site);
    const { id } = await waits;
    expect((await site.console.request('resync', { vm: 'SRV1' })).id).toBe(id);
    expect(await site.finish(id)).toMatchObject({ differentBlocks: 1 });
    expect((await site.console.request('resync.history', { vm: 'SRV1' })).resyncs).toMatchObject([
      { byHand: true },
    ]);
  });

  it('waits for a person when the window is off, and begins when it is switched on', async () => {
    const { site } = await markedSite();
    await findOut(site);
    expect((await site.status()).resync).toMatchObject({ nextWindowAt: null });
    await site.clock.advance(48 * hourMs);
    expect(await site.status()).toMatchObject({ state: 'WaitingForStartResynchronize' });
    const done = nextJob(site, 'succeeded');
    await setWindow(site, -1, 1);
    await done;
    expect(await site.status()).toMatchObject({ state: 'Replicating', resync: null });
  });
});

describe('the end of the window', () => {
  it('holds what is under way, which goes on in the next window as the same job', async () => {
    const { site, pool } = await markedSite();
    pool.shut();
    const { closesAtMs } = await setWindow(site, -1, 1);
    await findOut(site);
    await pool.waiting;
    expect((await site.status()).state).toBe('Resynchronizing');
    const held = nextJob(site, 'waitingForWindow');
    await site.clock.advanceTo(closesAtMs + 60_000);
    const { id, nextAttemptAt } = await held;
    expect(Date.parse(nextAttemptAt!)).toBe(closesAtMs + 22 * hourMs);
    expect((await site.status()).state).toBe('WaitingForStartResynchronize');
    pool.open();
    await site.clock.advance(22 * hourMs);
    await site.finish(id);
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it.each([
    ['the policy says finish', 'finish', false],
    ['a person began it', 'pause', true],
  ] as const)('changes nothing when %s', async (_case, atEnd, byHand) => {
    const { site, pool } = await markedSite();
    pool.shut();
    const { closesAtMs } = await setWindow(site, -1, 1, atEnd);
    await findOut(site);
    await pool.waiting;
    if (byHand) await site.console.request('resync', { vm: 'SRV1' });
    await site.clock.advanceTo(closesAtMs + hourMs);
    expect((await site.status()).state).toBe('Resynchronizing');
    const done = nextJob(site, 'succeeded');
    pool.open();
    await done;
  });
});

describe('a resynchronization under way', () => {
  it('is paused and resumed, and meanwhile neither verifies nor restores, with the reason', async () => {
    const { site, pool } = await markedSite();
    await findOut(site);
    pool.shut();
    const { id } = await site.console.request('resync', { vm: 'SRV1' });
    await pool.waiting;
    const reason = {
      code: 'STATE_INVALID',
      message: expect.stringContaining('SRV1 is being resynchronized'),
    };
    await expect(site.console.request('verify', { vm: 'SRV1' })).rejects.toMatchObject(reason);
    const toDirectory = site.data('out');
    await expect(site.console.request('restore', { vm: 'SRV1', toDirectory })).rejects.toMatchObject(reason);
    const paused = nextJob(site, 'paused');
    await site.console.request('pause', { vm: 'SRV1' });
    await paused;
    expect(await site.status()).toMatchObject({ state: 'ResynchronizeSuspended', stateNumber: 11 });
    const restored = await site.console.request('restore', { vm: 'SRV1', toDirectory });
    expect(await site.finish(restored.id)).toMatchObject({ verified: true });
    await site.clock.advance(24 * hourMs);
    expect((await site.console.request('job', { id })).state).toBe('paused');
    pool.open();
    await site.console.request('resume', { vm: 'SRV1' });
    expect(await site.finish(id)).toMatchObject({ differentBlocks: 1 });
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('that is cancelled leaves the VM marked and its points as they were, until the window after this one', async () => {
    const { site, pool } = await markedSite();
    const { points } = await site.console.request('points', { vm: 'SRV1' });
    pool.shut();
    const { closesAtMs } = await setWindow(site, -1, 1);
    const runs = nextJob(site, 'running');
    await findOut(site);
    await pool.waiting;
    const { id } = await runs;
    await site.console.request('job.cancel', { id });
    expect(await site.failure(id)).toMatchObject({ state: 'cancelled' });
    pool.open();
    expect(await site.status()).toMatchObject({
      state: 'WaitingForStartResynchronize',
      health: 'Critical',
      resync: { code: 'HRL_MISSING', nextWindowAt: new Date(closesAtMs + 22 * hourMs).toISOString() },
    });
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toEqual(points);
    const toDirectory = site.data('after-cancel');
    const restored = await site.console.request('restore', { vm: 'SRV1', toDirectory });
    expect(await site.finish(restored.id)).toMatchObject({ point: points.at(-1)!.id, verified: true });
    for (const name of ['system.vhdx', 'data.vhd'])
      expect(await sameDisks(join(toDirectory, name), await site.replica(name))).toBe(true);
    expect(logsBeside(site.disk('system.vhdx'))).toEqual([]);
    await site.clock.advanceTo(closesAtMs - 60_000);
    expect((await site.status()).state).toBe('WaitingForStartResynchronize');
    const done = nextJob(site, 'succeeded');
    await site.clock.advanceTo(closesAtMs + 22 * hourMs);
    expect((await done).id).not.toBe(id);
  });
});
