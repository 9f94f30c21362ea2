import {
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmStatus } from '../../../src/contract/reports.ts';
import { openDiskLayer } from '../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { type EngineSite, engineSite, logsBeside, mebibyte, sameDisks } from '../../support/engine-site.ts';

const makeSite = engineSite();

/** Lets a cycle fail and returns what the VM is marked with. */
const failCycle = async (site: EngineSite): Promise<{ code: string; status: VmStatus }> => {
  const { id } = await site.console.request('sync', { vm: 'SRV1' });
  const { error } = await site.failure(id);
  return { code: error!.code, status: await site.status() };
};

/** Tracks a change that is not sent: the vault is away. */
const trackOnly = async (site: EngineSite): Promise<void> => {
  renameSync(site.vault, `${site.vault}-away`);
  const { id } = await site.console.request('sync', { vm: 'SRV1' });
  expect(await site.failure(id)).toMatchObject({ error: { code: 'VAULT_UNREACHABLE' } });
  renameSync(`${site.vault}-away`, site.vault);
};

const expectMarked = (status: VmStatus, code: string): void => {
  expect(status).toMatchObject({
    state: 'WaitingForStartResynchronize',
    stateNumber: 9,
    health: 'Critical',
    resync: { code, cause: expect.stringMatching(/\w/), prevention: expect.stringMatching(/\w/) },
  });
};

const expectHealed = async (site: EngineSite): Promise<void> => {
  // A disk that was compared alone is one with the others from the next cycle on.
  await site.sync();
  expect(await site.verify()).toMatchObject({ identical: true, differentBlocks: 0 });
  expect(await site.status()).toMatchObject({
    state: 'Replicating',
    resync: null,
    retry: null,
    rpoSeconds: 0,
  });
  await site.write('system.vhdx', 40 * mebibyte, 0x77);
  expect(await site.sync()).toMatchObject({ changedBytes: 4096 });
  expect(await site.verify()).toMatchObject({ identical: true });
};

const logOf = (site: EngineSite, name: string): string => {
  const [log] = logsBeside(site.disk(name));
  return site.disk(log!);
};

const damageAt = (path: string, offset: number): void => {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 0xff, offset);
  writeFileSync(path, bytes);
};

describe('a VM is marked for resynchronization, and healed by it,', () => {
  it.each([
    ['when a log is gone', 'HRL_MISSING', (log: string) => rmSync(log)],
    [
      'when a log is damaged in the middle',
      'HRL_CORRUPT',
      (log: string) => damageAt(log, Math.floor(statSync(log).size / 2)),
    ],
  ])('%s', async (_case, code, damage) => {
    const site = makeSite();
    await site.protect();
    for (let block = 0; block < 8; block += 1)
      await site.write('system.vhdx', block * 65_536, block, 32 * 1024);
    await trackOnly(site);
    damage(logOf(site, 'system.vhdx'));
    // Tracking begins anew only after the comparison: what changes meanwhile is found by it.
    await site.write('system.vhdx', 30 * mebibyte, 9);
    const failed = await failCycle(site);
    expect(failed.code).toBe(code);
    expectMarked(failed.status, code);
    expect(failed.status.resync).toMatchObject({ disk: 'system.vhdx', disks: ['system.vhdx'] });
    const outcome = await site.resync();
    expect(outcome).toMatchObject({ comparedBlocks: 64 * 32, differentBlocks: 9 });
    expect(logsBeside(site.disk('system.vhdx'))).toEqual([]);
    await expectHealed(site);
  });

  it('when a log of another disk lies in its place', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('system.vhdx', 0, 1);
    await site.write('data.vhd', 0, 2);
    await trackOnly(site);
    const [mine, other] = [site.disk('system.vhdx.1.hrl'), site.disk('data.vhd.1.hrl')];
    copyFileSync(other, mine);
    const failed = await failCycle(site);
    expectMarked(failed.status, 'HRL_FOREIGN');
    // The other disk's log is sent by the next cycle.
    expect(await site.resync()).toMatchObject({ comparedBlocks: 64 * 32, differentBlocks: 1 });
    await expectHealed(site);
  });

  it.each([
    ['gone', (table: string) => rmSync(table)],
    ['damaged', (table: string) => writeFileSync(table, Buffer.alloc(statSync(table).size, 0xab))],
  ])('when the digests of a disk are %s', async (_case, damage) => {
    const site = makeSite();
    await site.protect();
    const tracking = readdirSync(site.data('data/tracking'), { recursive: true, encoding: 'utf8' });
    const { disks } = await site.status();
    const { id } = disks.find(({ name }) => name === 'system.vhdx')!;
    const table = tracking.find((path) => path.endsWith(`${id}.digests`))!;
    damage(join(site.data('data/tracking'), table));
    await site.write('system.vhdx', 0, 1);
    const failed = await failCycle(site);
    expectMarked(failed.status, 'TRACKING_DAMAGED');
    expect(await site.resync()).toMatchObject({ differentBlocks: 1 });
    await expectHealed(site);
  });

  it('when the digests of all its disks are gone, one disk after the other', async () => {
    const site = makeSite();
    await site.protect();
    rmSync(site.data('data/tracking'), { recursive: true });
    await site.write('system.vhdx', 0, 1);
    expectMarked((await failCycle(site)).status, 'TRACKING_DAMAGED');
    await site.write('data.vhd', 0, 1);
    const { code, status } = await failCycle(site);
    expectMarked(status, code);
    expect(status.resync?.disks).toEqual(expect.arrayContaining(['system.vhdx', 'data.vhd']));
    expect(await site.resync()).toMatchObject({ comparedBlocks: 96 * 32, differentBlocks: 2 });
    await expectHealed(site);
  });

  it('when its replica was altered at the vault; points that need what was altered go', async () => {
    const site = makeSite();
    await site.protect();
    await site.clock.advance(1_000);
    await site.write('system.vhdx', mebibyte, 1);
    await site.sync();
    const replica = openVhdxWriter(await site.replica('system.vhdx'));
    replica.write(Buffer.alloc(4096, 0xee), 20 * 4096);
    await replica.close();
    await site.clock.advance(1_000);
    // Far from what was altered: nothing that is sent would have met it.
    await site.write('system.vhdx', 2 * mebibyte, 2);
    const failed = await failCycle(site);
    expectMarked(failed.status, 'REPLICA_INVALID');
    await site.clock.advance(1_000);
    expect(await site.resync()).toMatchObject({ differentBlocks: 2 });
    expect((await site.console.request('points', { vm: 'SRV1' })).points).toHaveLength(1);
    const events = await site.console.request('events', {});
    expect(events.map(({ text }) => text).join()).toContain('2 older recovery points could not be kept');
    await expectHealed(site);
  });

  it.each([
    ['a replica is gone', (replica: string) => rmSync(replica)],
    ['a replica is no disk any more', (replica: string) => writeFileSync(replica, 'nothing')],
    [
      'all of the VM is gone from the vault',
      (replica: string) => rmSync(join(replica, '..'), { recursive: true }),
    ],
  ])('when %s: it is copied anew', async (_case, damage) => {
    const site = makeSite();
    await site.protect();
    damage(await site.replica('system.vhdx'));
    await site.clock.advance(1_000);
    await site.write('system.vhdx', 0, 1);
    const failed = await failCycle(site);
    expect(failed.status).toMatchObject({ state: 'WaitingForStartResynchronize', health: 'Critical' });
    const { sentBytes } = await site.resync();
    expect(sentBytes).toBeGreaterThanOrEqual(8 * mebibyte);
    await expectHealed(site);
  });

  it('when its log reaches half of the disk; the space is given back', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('data.vhd', 8 * mebibyte, 1, 17 * mebibyte);
    const failed = await failCycle(site);
    expect(failed.code).toBe('HRL_THRESHOLD');
    expectMarked(await site.status(), 'HRL_THRESHOLD');
    const { id } = await site.console.request('verify', { vm: 'SRV1' });
    await site.finish(id);
    expect(logsBeside(site.disk('data.vhd'))).toEqual([]);
    expect((await site.status()).disks.map(({ hrl }) => hrl.bytes)).toEqual([0, 0]);
    expect(await site.resync()).toMatchObject({ differentBlocks: 17 * 32 });
    await expectHealed(site);
  });
});

describe('what becomes of a disk on the host', () => {
  it('a checkpoint made after protection is followed', async () => {
    const site = makeSite();
    await site.protect();
    const parentPath = site.disk('system.vhdx');
    const layer = openDiskLayer(parentPath);
    layer.close();
    const parent = { linkage: layer.linkage, relativePath: './system.vhdx', absolutePath: parentPath };
    const tip = createVhdxWriter(site.disk('system_1.avhdx'), {
      sizeBytes: 64 * mebibyte,
      blockBytes: mebibyte,
      parent,
    });
    tip.write(Buffer.alloc(8192, 3), 5 * mebibyte);
    await tip.close();
    expect(await site.sync()).toMatchObject({ changedBytes: 8192 });
    const { disks } = await site.status();
    expect(disks.find(({ name }) => name === 'system.vhdx')?.path).toBe(site.disk('system_1.avhdx'));
    expect(await sameDisks(await site.replica('system.vhdx'), site.disk('system_1.avhdx'))).toBe(true);
  });

  it('a resized disk alone is copied again, and the VM stays protected', async () => {
    const site = makeSite();
    await site.protect();
    await site.clock.advance(1_000);
    await site.write('system.vhdx', 0, 1);
    rmSync(site.disk('data.vhd'));
    const { disks } = await site.status();
    const { id: diskId } = disks.find(({ name }) => name === 'data.vhd')!;
    const larger = createDynamicVhdWriter(site.disk('data.vhd'), { sizeBytes: 48 * mebibyte, diskId });
    larger.write(Buffer.alloc(mebibyte, 5), 40 * mebibyte);
    await larger.close();
    const failed = await failCycle(site);
    expectMarked(failed.status, 'DISK_CHANGED_GEOMETRY');
    expect(await site.resync()).toMatchObject({
      comparedBlocks: 0,
      disks: [{ name: 'data.vhd', state: 'copied' }],
    });
    expect((await site.status()).disks.find(({ name }) => name === 'data.vhd')).toMatchObject({
      sizeBytes: 48 * mebibyte,
      hrl: { thresholdBytes: 24 * mebibyte },
    });
    await expectHealed(site);
    const { points } = await site.console.request('points', { vm: 'SRV1' });
    const job = await site.console.request('restore', { vm: 'SRV1', toDirectory: site.data('out') });
    expect(await site.finish(job.id)).toMatchObject({ point: points.at(-1)!.id, verified: true });
    expect(await sameDisks(site.data('out/data.vhd'), site.disk('data.vhd'))).toBe(true);
  });

  it('a disk replaced by another is compared with the replica, and its points are kept', async () => {
    const site = makeSite();
    await site.protect();
    const { points } = await site.console.request('points', { vm: 'SRV1' });
    rmSync(site.disk('data.vhd'));
    const other = createDynamicVhdWriter(site.disk('data.vhd'), { sizeBytes: 32 * mebibyte });
    other.write(Buffer.alloc(mebibyte, 5), 4 * mebibyte);
    await other.close();
    const failed = await failCycle(site);
    expectMarked(failed.status, 'DISK_REPLACED');
    expect(failed.status.resync).toMatchObject({ disk: 'data.vhd' });
    await site.clock.advance(1_000);
    expect((await site.resync()).differentBlocks).toBeGreaterThan(32);
    await expectHealed(site);
    const kept = (await site.console.request('points', { vm: 'SRV1' })).points;
    expect(kept.map(({ id }) => id)).toContain(points[0]!.id);
    await site.write('data.vhd', 0, 1);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096 });
  });

  it('a disk that is gone stops replication and says which', async () => {
    const site = makeSite();
    await site.protect();
    rmSync(site.disk('data.vhd'));
    const failed = await failCycle(site);
    expect(failed.code).toBe('DISK_NOT_FOUND');
    expect(failed.status.disks.find(({ name }) => name === 'data.vhd')?.error).toMatchObject({
      code: 'DISK_NOT_FOUND',
    });
  });
});

describe('a resynchronization', () => {
  it('started by hand finds nothing to do and leaves the VM as it was', async () => {
    const site = makeSite();
    await site.protect();
    await site.clock.advance(1_000);
    expect(await site.resync()).toMatchObject({ differentBlocks: 0, comparedBlocks: 96 * 32 });
    await expectHealed(site);
  });

  it('that a vault away interrupts is tried again by itself, as the same job', async () => {
    const site = makeSite();
    await site.protect();
    await site.start();
    renameSync(site.vault, `${site.vault}-away`);
    const waits = site.next((push) => push.kind === 'job' && push.job.state === 'waitingForRetry');
    const { id } = await site.console.request('resync', { vm: 'SRV1' });
    await waits;
    expect((await site.console.request('resync', { vm: 'SRV1' })).id).toBe(id);
    renameSync(`${site.vault}-away`, site.vault);
    await site.write('system.vhdx', 0, 1);
    await site.clock.advance(60_000);
    expect(await site.finish(id)).toMatchObject({ differentBlocks: 1 });
    await expectHealed(site);
  });

  it('that a stop of the engine interrupts goes on at the next start, as the same job', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('system.vhdx', 0, 1);
    const began = site.next((push) => push.kind === 'status' || push.kind === 'job');
    const { id } = await site.console.request('resync', { vm: 'SRV1' });
    await began;
    await site.reopen();
    expect(await site.status()).toMatchObject({
      resync: { code: 'RESYNC_REQUIRED' },
      health: 'Warning',
      healthReasons: [{ kind: 'resyncAsked' }],
    });
    await site.console.start();
    await site.finish(id);
    await expectHealed(site);
  });
});
