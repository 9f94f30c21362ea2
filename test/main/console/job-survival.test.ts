import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobKind, JobReport } from '../../../src/contract/job-reports.ts';
import type { RequestName } from '../../../src/contract/requests.ts';
import { dataPaths } from '../../../src/main/platform/data-directory.ts';
import { openStore, type Store } from '../../../src/main/store/store.ts';
import { EngineProcess, type KillPoint } from '../../support/engine-process.ts';
import { EngineSite, engineSite, sameDisks } from '../../support/engine-site.ts';

const makeSite = engineSite();

/** A site whose VM another process has protected; its jobs of the way there. */
const protectedSite = async (site: EngineSite): Promise<EngineSite> => {
  await site.makeVm();
  const engine = await EngineProcess.start(site.data());
  await engine.request('host.use', { path: site.host });
  await engine.request('vault.add', { name: 'nas', target: site.vault });
  const { job } = await engine.request('protect', { vm: 'SRV1', vault: 'nas' });
  await engine.finish(job!);
  await engine.stop();
  return site;
};

/** Asks for a job in a process that dies in the middle of it, and lets another one go on. */
const killedAndResumed = async (
  site: EngineSite,
  killBefore: KillPoint,
  ask: (engine: EngineProcess) => Promise<unknown>,
  kind: JobKind,
): Promise<{ before: JobReport; after: JobReport; engine: EngineProcess }> => {
  const doomed = await EngineProcess.start(site.data(), killBefore);
  await Promise.all([ask(doomed).catch(() => undefined), doomed.exited]);
  const engine = await EngineProcess.start(site.data());
  const before = (await engine.request('jobs', {})).find((job) => job.kind === kind)!;
  expect(before.endedAt).toBeNull();
  await engine.run();
  const after = await engine.request('job.wait', { id: before.id });
  return { before, after, engine };
};

const change = (site: EngineSite, work: (store: Store) => void): void => {
  const store = openStore(dataPaths(site.data()).store);
  work(store);
  store.close();
};

/** Brings the newest job of a kind back to where a crash would have left it. */
const reopenJob = (store: Store, kind: JobKind): void => {
  const { id, ...record } = store.jobs.list({}).findLast((job) => job.kind === kind)!;
  store.jobs.put(id, { ...record, state: 'running', endedAtMs: null, result: null });
};

describe('a job of a protected VM that kill -9 met half-way', () => {
  const vm = 'SRV1';
  let site: EngineSite;
  beforeAll(async () => {
    site = await protectedSite(new EngineSite());
  });
  afterAll(() => site.close());

  it('goes on by itself at the next start: restore, with the point it began with', async () => {
    const kept = site.keep('0');
    const toDirectory = site.data('restored');
    const doomed = await EngineProcess.start(site.data(), 'restore');
    await Promise.all([doomed.request('restore', { vm, toDirectory }).catch(() => undefined), doomed.exited]);
    const engine = await EngineProcess.start(site.data());
    await site.write('data.vhd', 0, 7);
    await engine.job('sync', vm);
    const left = (await engine.request('jobs', {})).find((job) => job.kind === 'restore')!;
    await engine.run();
    expect(await engine.finish(left)).toMatchObject({ state: 'succeeded', result: { verified: true } });
    for (const name of ['system.vhdx', 'data.vhd'])
      expect(await sameDisks(join(toDirectory, name), join(kept, name))).toBe(true);
    await engine.stop();
  });

  // The end of the protection comes last: there is nothing to ask for after it.
  const asked: readonly [KillPoint, RequestName, JobKind][] = [
    ['scan', 'sync', 'cycle'],
    ['resync', 'resync', 'resync'],
    ['verify', 'verify', 'verify'],
    ['dropLogs', 'unprotect', 'unprotect'],
  ];

  it.each(asked)(
    'goes on by itself at the next start: before %s of %s',
    async (killBefore, request, kind) => {
      await site.write('data.vhd', 0, 8 + asked.findIndex(([point]) => point === killBefore));
      const { after, engine } = await killedAndResumed(
        site,
        killBefore,
        (doomed) => doomed.request(request, { vm }),
        kind,
      );
      expect(after).toMatchObject({ kind, state: 'succeeded', result: { kind } });
      if (kind === 'unprotect') {
        expect((await engine.request('status', {})).vms).toEqual([]);
        expect(readdirSync(site.data('data/tracking'))).toEqual([]);
      } else {
        if (kind === 'verify') await engine.job('sync', vm);
        expect((await engine.job('verify', vm)).result).toMatchObject({ identical: true });
      }
      await engine.stop();
    },
  );
});

describe('a job that kill -9 met half-way', () => {
  const vm = 'SRV1';

  it.each(['initial', 'commit'] as const)(
    'goes on by itself at the next start: initial, before %s',
    async (point) => {
      const site = makeSite();
      await site.makeVm();
      const ask = async (doomed: EngineProcess) => {
        await doomed.request('host.use', { path: site.host });
        await doomed.request('vault.add', { name: 'nas', target: site.vault });
        const { job } = await doomed.request('protect', { vm, vault: 'nas' });
        await doomed.finish(job!);
      };
      const { after, engine } = await killedAndResumed(site, point, ask, 'initial');
      expect(after).toMatchObject({ state: 'succeeded' });
      expect((await engine.job('verify', vm)).result).toMatchObject({ identical: true });
      await engine.stop();
    },
  );

  it('goes on by itself at the next start: enabling protection, its end, and a change', async () => {
    const site = await protectedSite(makeSite());
    change(site, (store) => {
      const { vmId } = store.protections.list()[0]!;
      // As before the relationship was recorded; the vault has it already.
      store.protections.remove(vmId);
      reopenJob(store, 'protect');
      const changed = store.jobs.list({}).findLast((job) => job.kind === 'protect')!;
      const { id: _id, ...record } = changed;
      store.jobs.add({
        ...record,
        kind: 'change',
        state: 'running',
        endedAtMs: null,
        result: null,
        input: { vm: vmId, retentionPoints: 5 },
      });
    });
    for (const name of ['system.vhdx.hrl', 'data.vhd.hrl'])
      if (existsSync(site.disk(name))) (await import('node:fs')).rmSync(site.disk(name));
    const engine = await EngineProcess.start(site.data());
    const jobs = await engine.request('jobs', {});
    const enabling = jobs.find(({ kind }) => kind === 'protect')!;
    await engine.run();
    const { result } = await engine.finish(enabling);
    const initialJob = result?.kind === 'protect' ? result.initialJob : 0;
    await engine.finish({ id: initialJob });
    // A change of what is not protected when it is taken up ends with the reason.
    const ended = await engine.request('job.wait', { id: jobs.find(({ kind }) => kind === 'change')!.id });
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'VM_NOT_PROTECTED' }, canRestart: true });
    const again = await engine.request('job.restart', { id: ended.id });
    expect(await engine.finish(again)).toMatchObject({
      result: { retentionPoints: 5, frequencySeconds: 300 },
    });
    await engine.kill();

    change(site, (store) => {
      for (const kind of ['initial', 'finalize', 'change'] as const) reopenJob(store, kind);
    });
    const next = await EngineProcess.start(site.data());
    const left = (await next.request('jobs', {})).filter(({ endedAt }) => endedAt === null);
    expect(left.map(({ kind }) => kind).sort()).toEqual(['change', 'finalize', 'initial']);
    await next.run();
    for (const { id } of left) expect((await next.request('job.wait', { id })).state).toBe('succeeded');
    await next.stop();
  });
});

describe('a job that failed', () => {
  it('is done again as a new job when a person asks for it, and only then', async () => {
    const site = makeSite();
    await site.protect();
    const { id } = await site.console.request('verify', { vm: 'SRV1' });
    await expect(site.console.request('job.restart', { id })).rejects.toMatchObject({
      code: 'STATE_INVALID',
    });
    await site.console.request('job.cancel', { id });
    await site.failure(id);
    const again = await site.console.request('job.restart', { id });
    expect(again.id).not.toBe(id);
    expect(await site.finish(again.id)).toMatchObject({ identical: true });
  });
});

describe('the start time of a first copy', () => {
  it('is waited for, within 24 hours', async () => {
    const site = makeSite();
    await site.prepare();
    await site.console.start();
    const at = (hours: number) => new Date(site.clock.now() + hours * 3_600_000).toISOString();
    const ask = (startAt: string) => site.console.request('protect', { vm: 'SRV1', vault: 'nas', startAt });
    await expect(ask(at(25))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const startAt = at(2);
    const { job } = await ask(startAt);
    expect(job).toMatchObject({ state: 'queued', nextAttemptAt: startAt, blockedOn: expect.any(String) });
    await site.clock.advance(119 * 60_000);
    expect(await site.console.request('job', { id: job!.id })).toMatchObject({ state: 'queued' });
    const done = site.finish(job!.id);
    await site.clock.advance(2 * 60_000);
    expect(await done).toMatchObject({ kind: 'initial' });
  });

  it('is brought forward by a person who asks for the next attempt now', async () => {
    const site = makeSite();
    await site.prepare();
    await site.console.start();
    const startAt = new Date(site.clock.now() + 3_600_000).toISOString();
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas', startAt });
    const done = site.finish(job!.id);
    await site.console.request('retry.now', { vm: 'SRV1' });
    expect(await done).toMatchObject({ kind: 'initial' });
    expect(site.clock.now()).toBeLessThan(Date.parse(startAt));
  });
});
