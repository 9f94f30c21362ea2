import { copyFileSync, cpSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobReport } from '../../../src/contract/job-reports.ts';
import { blockCount } from '../../../src/main/block/tracking-block.ts';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { dataPaths } from '../../../src/main/platform/data-directory.ts';
import { openStore, type Store } from '../../../src/main/store/store.ts';
import { type EngineSite, engineSite, logsBeside, mebibyte } from '../../support/engine-site.ts';

const makeSite = engineSite();
const largeBytes = 240 * mebibyte;

/** A site whose first copy takes long enough to be interrupted. */
const largeSite = async (): Promise<EngineSite> => {
  const site = makeSite();
  await site.prepare();
  const writer = createVhdxWriter(site.disk('large.vhdx'), {
    sizeBytes: largeBytes,
    blockBytes: mebibyte,
  });
  const content = Buffer.alloc(mebibyte);
  for (let megabyte = 0; megabyte < largeBytes / mebibyte; megabyte += 1) {
    content.fill(megabyte + 1);
    writer.write(content, megabyte * mebibyte);
  }
  await writer.close();
  return site;
};

/** Resolves when the copy of the large disk has begun and told of its first bytes. */
const copying = async (site: EngineSite): Promise<void> => {
  const isCopying = ({ steps }: JobReport): boolean =>
    steps.some(({ name, state }) => name === 'Copy large.vhdx' && state === 'running');
  const told = () => site.next((push) => push.kind === 'job' && isCopying(push.job));
  await told();
  await told();
};

/** Looks into, or changes, the store of an engine that is stopped. */
const withStore = <T>(site: EngineSite, work: (store: Store) => T): T => {
  const store = openStore(dataPaths(site.data()).store);
  try {
    return work(store);
  } finally {
    store.close();
  }
};

describe('a first copy', () => {
  it('that a stop interrupts is quick to stop, and goes on where it was as the same job', async () => {
    const site = await largeSite();
    const begun = copying(site);
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.console.start();
    await begun;
    expect(await site.status()).toMatchObject({ state: 'WaitingForInitialReplication', rpoSeconds: null });
    const stoppedAt = performance.now();
    await site.reopen();
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    expect(await site.console.request('job', { id: job!.id })).toMatchObject({
      kind: 'initial',
      endedAt: null,
    });
    await site.write('large.vhdx', 0, 0xaa, mebibyte);
    const resumed = copying(site).then(() => site.status());
    const done = site.next((push) => push.kind === 'event' && push.event.text.includes('is complete'));
    const delta = site.nextStatus(({ lastCycle, activity }) => lastCycle?.point != null && activity === null);
    await site.console.start();
    const large = (await resumed).disks.find(({ name }) => name === 'large.vhdx');
    expect(large?.progress?.resumedAt).toBeGreaterThan(0);
    await done;
    // The source changed since: what was copied is of two moments, and no point is made of it.
    expect(await site.finish(job!.id)).toMatchObject({ consistency: 'fuzzy', point: null });
    // The loop's first cycle finds the change and makes the first point.
    expect((await delta).lastCycle).toMatchObject({ consistency: 'crash', changedBytes: mebibyte });
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('that is paused stops sending and goes on when it is resumed', async () => {
    const site = await largeSite();
    const begun = copying(site);
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.console.start();
    await begun;
    const halted = site.next((push) => push.kind === 'job' && push.job.state === 'paused');
    expect(await site.console.request('pause', { vm: 'SRV1' })).toMatchObject({ state: 'Suspended' });
    await halted;
    await site.clock.advance(600_000);
    expect((await site.console.request('job', { id: job!.id })).state).toBe('paused');
    await site.console.request('resume', { vm: 'SRV1' });
    expect(await site.finish(job!.id)).toMatchObject({ consistency: 'crash' });
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('that is cancelled waits until it is asked for again, and then goes on', async () => {
    const site = await largeSite();
    const begun = copying(site);
    const first = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.console.start();
    await begun;
    await site.console.request('job.cancel', { id: first.job!.id });
    expect(await site.failure(first.job!.id)).toMatchObject({
      state: 'cancelled',
      error: { code: 'CANCELLED' },
    });
    await site.clock.advance(600_000);
    expect(await site.status()).toMatchObject({ state: 'Suspended', paused: true, retry: null });
    expect(readdirSync(join(site.vault, 'SRV1')).filter((name) => name.endsWith('.vhdx'))).toEqual([]);
    const again = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    expect(again.job!.id).not.toBe(first.job!.id);
    await site.finish(again.job!.id);
    expect(await site.verify()).toMatchObject({ identical: true });
  });
});

describe('a shipment', () => {
  // What an engine finds that was killed: the records as they were at that moment, and the files to go with them.
  const interrupted = async (): Promise<{ site: EngineSite; vmId: string }> => {
    const site = makeSite();
    await site.protect();
    renameSync(site.vault, `${site.vault}-away`);
    await site.write('system.vhdx', mebibyte, 1);
    await site.write('data.vhd', mebibyte, 2);
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    await site.failure(id);
    renameSync(`${site.vault}-away`, site.vault);
    const { id: vmId } = await site.status();
    await site.console.stop();
    return { site, vmId };
  };

  const carriesOn = async (site: EngineSite): Promise<void> => {
    await site.open();
    await site.write('system.vhdx', 3 * mebibyte, 3);
    const { sentBytes, consistency } = await site.sync();
    expect(consistency).toBe('crash');
    expect(sentBytes).toBeLessThan(4 * 4096);
    expect(await site.verify()).toMatchObject({ identical: true });
    expect(logsBeside(site.disk('system.vhdx'))).toEqual([]);
    expect(logsBeside(site.disk('data.vhd'))).toEqual([]);
  };

  it('that was sealed but not sent is sent at the next start', async () => {
    const { site } = await interrupted();
    await carriesOn(site);
  });

  it('that was recorded but sealed for one disk only is sealed at the next start', async () => {
    const { site, vmId } = await interrupted();
    withStore(site, (store) => {
      const vm = store.protections.get(vmId)!;
      store.protections.put({ ...vm, shipment: { ...vm.shipment!, logs: null } });
      for (const disk of store.protectedDisks.list(vmId))
        store.protectedDisks.put({ ...disk, logBaseCut: 1 });
    });
    renameSync(site.disk('data.vhd.1.hrl'), site.disk('data.vhd.hrl'));
    await carriesOn(site);
  });

  it('that the vault committed without this engine hearing of it is not sent again', async () => {
    const { site, vmId } = await interrupted();
    const before = withStore(site, (store) => ({
      vm: store.protections.get(vmId)!,
      disks: store.protectedDisks.list(vmId),
    }));
    const logs = [site.disk('system.vhdx.1.hrl'), site.disk('data.vhd.1.hrl')];
    for (const log of logs) copyFileSync(log, site.data(basename(log)));
    cpSync(site.data('data/tracking'), site.data('tracking'), { recursive: true });
    await site.open();
    await site.sync();
    await site.console.stop();
    // As it was before the confirmation came.
    for (const log of logs) copyFileSync(site.data(basename(log)), log);
    cpSync(site.data('tracking'), site.data('data/tracking'), { recursive: true });
    withStore(site, (store) => {
      store.protections.put({ ...before.vm, cut: before.vm.cut + 5 });
      for (const disk of before.disks) store.protectedDisks.put(disk);
    });
    await site.open();
    const { points } = await site.console.request('points', { vm: 'SRV1' });
    expect(await site.sync()).toMatchObject({ sentBytes: 0 });
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toEqual(points);
    await site.console.stop();
    await carriesOn(site);
  });
});

type LongRequest = 'sync' | 'resync' | 'verify';

describe('a job', () => {
  /** Asks for a job and cancels it as soon as it does something. */
  const cancelUnderWay = async (site: EngineSite, asked: () => Promise<{ id: number }>): Promise<void> => {
    const busy = site.next(({ kind, ...push }) => kind === 'job' && 'job' in push && isBusy(push.job));
    const { id } = await asked();
    await busy;
    await cancelled(site, id);
  };
  const isBusy = ({ steps }: JobReport): boolean =>
    steps.some(({ name, state }) => state === 'running' && name !== 'Check the disks');

  const cancelled = async (site: EngineSite, id: number): Promise<void> => {
    await site.console.request('job.cancel', { id });
    expect(await site.failure(id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
  };

  it('can be cancelled, whatever it does, and leaves nothing half done', async () => {
    const site = await largeSite();
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.finish(job!.id);
    await site.clock.advance(1_000);

    const toDirectory = site.data('restored');
    const ask = (name: LongRequest) => () => site.console.request(name, { vm: 'SRV1' });
    await cancelUnderWay(site, () => site.console.request('restore', { vm: 'SRV1', toDirectory }));
    expect(readdirSync(toDirectory)).toEqual([]);
    await cancelUnderWay(site, ask('verify'));

    await site.write('large.vhdx', 0, 0xbb, mebibyte);
    await cancelUnderWay(site, ask('sync'));
    expect(await site.status()).toMatchObject({ state: 'Replicating', retry: null, resync: null });
    expect(await site.sync()).toMatchObject({ consistency: 'crash' });
    expect(await site.verify()).toMatchObject({ identical: true });

    await site.clock.advance(1_000);
    await cancelUnderWay(site, ask('resync'));
    expect(await site.status()).toMatchObject({ state: 'WaitingForStartResynchronize', retry: null });
    expect(await site.resync()).toMatchObject({ differentBlocks: 0 });
    expect(await site.verify()).toMatchObject({ identical: true });
    expect(
      await site.finish((await site.console.request('restore', { vm: 'SRV1', toDirectory })).id),
    ).toMatchObject({
      verified: true,
    });
  });

  it('that waits for its turn is cancelled at once and never runs', async () => {
    const site = await largeSite();
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.finish(job!.id);
    const verify = await site.console.request('verify', { vm: 'SRV1' });
    const waiting = await site.console.request('sync', { vm: 'SRV1' });
    await cancelled(site, waiting.id);
    expect(await site.console.request('job', { id: verify.id })).toMatchObject({ state: 'running' });
    await site.finish(verify.id);
    expect((await site.console.request('job', { id: waiting.id })).state).toBe('cancelled');
  });

  it('is answered when the engine stops under it, and goes on when it runs again', async () => {
    const site = await largeSite();
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.finish(job!.id);
    const toDirectory = site.data('restored');
    const restoring = site.next((push) => push.kind === 'job' && isBusy(push.job));
    const restore = await site.console.request('restore', { vm: 'SRV1', toDirectory });
    await restoring;
    const verify = await site.console.request('verify', { vm: 'SRV1' });
    const ended = Promise.allSettled([site.failure(restore.id), site.failure(verify.id)]);
    const stoppedAt = performance.now();
    await site.console.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    for (const answer of await ended)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'ENGINE_STOPPED' } });
    expect(readdirSync(toDirectory)).toEqual([]);
    await expect(site.console.request('jobs', {})).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
    await site.open();
    expect(await site.console.request('job', { id: verify.id })).toMatchObject({
      state: 'queued',
      blockedOn: 'Goes on when the engine runs.',
    });
    await site.console.start();
    expect(await site.finish(restore.id)).toMatchObject({ verified: true });
    expect(await site.finish(verify.id)).toMatchObject({
      identical: true,
      blocks: blockCount(96 * mebibyte + largeBytes),
    });
  });
});

describe('what is asked at the same time', () => {
  it('runs one after the other: two cycles, a cycle while cycles run by themselves', async () => {
    const site = makeSite();
    await site.protect(30);
    await site.write('system.vhdx', 0, 1);
    const [first, second] = await Promise.all([site.sync(), site.sync()]);
    expect(first.changedBytes + second.changedBytes).toBe(4096);
    await site.start();
    await site.write('system.vhdx', mebibyte, 2);
    const byHand = site.sync();
    await site.clock.advance(30_000);
    expect((await byHand).changedBytes).toBeLessThanOrEqual(4096);
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('a cycle asked for twice before the first copy makes one copy only', async () => {
    const site = makeSite();
    await site.prepare();
    await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await Promise.all([site.sync(), site.sync()]);
    const { points } = await site.console.request('points', { vm: 'SRV1' });
    expect(points).toHaveLength(1);
    const jobs = await site.console.request('jobs', {});
    expect(jobs.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'cycle succeeded',
      'cycle succeeded',
      'finalize succeeded',
      'initial succeeded',
      'protect succeeded',
      'vault succeeded',
    ]);
  });

  it('the end of the protection cancels what runs, and refuses what comes after', async () => {
    const site = await largeSite();
    const begun = copying(site);
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await site.console.start();
    await begun;
    const sync = await site.console.request('sync', { vm: 'SRV1' });
    const gone = site.next((push) => push.kind === 'unprotected');
    const unprotect = await site.console.request('unprotect', { vm: 'SRV1', deleteReplica: true });
    await expect(site.console.request('verify', { vm: 'SRV1' })).rejects.toMatchObject({
      code: 'STATE_INVALID',
    });
    await expect(site.console.request('unprotect', { vm: 'SRV1' })).rejects.toMatchObject({
      code: 'STATE_INVALID',
    });
    expect(await site.finish(unprotect.id)).toMatchObject({ replicaDeleted: true });
    expect(await site.failure(job!.id)).toMatchObject({ state: 'cancelled' });
    expect(await site.failure(sync.id)).toMatchObject({ state: 'cancelled' });
    await gone;
    expect(readdirSync(site.vault)).toEqual(['vault.json']);
    await expect(site.console.request('sync', { vm: 'SRV1' })).rejects.toMatchObject({
      code: 'VM_NOT_PROTECTED',
    });
  });

  it('a VM whose replica cannot be deleted stays protected and goes on', async () => {
    const site = makeSite();
    await site.protect(30);
    await site.start();
    renameSync(site.vault, `${site.vault}-away`);
    const { id } = await site.console.request('unprotect', { vm: 'SRV1', deleteReplica: true });
    expect(await site.failure(id)).toMatchObject({ state: 'failed', error: { code: 'VAULT_UNREACHABLE' } });
    renameSync(`${site.vault}-away`, site.vault);
    await site.write('system.vhdx', 0, 1);
    const cycled = site.nextStatus(
      ({ lastCycle, activity }) => lastCycle?.changedBytes === 4096 && activity === null,
    );
    await site.clock.advance(30_000);
    await cycled;
  });
});
