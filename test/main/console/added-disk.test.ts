import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import {
  allLogsBeside,
  type EngineSite,
  engineSite,
  mebibyte,
  minuteMs,
  sameDisks,
} from '../../support/engine-site.ts';
import { GatedPool } from '../../support/gated-pool.ts';

const makeSite = engineSite();

const addDisk = async (site: EngineSite, name = 'more.vhdx'): Promise<void> => {
  const writer = createVhdxWriter(site.disk(name), { sizeBytes: 16 * mebibyte, blockBytes: mebibyte });
  writer.write(Buffer.alloc(2 * mebibyte, 9), 3 * mebibyte);
  await writer.close();
};

const pointsOf = async (site: EngineSite) =>
  (await site.console.request('points', { vm: 'SRV1' })).points.map(({ id, disks }) => ({ id, disks }));

const eventsAbout = async (site: EngineSite, disk: string): Promise<string[]> => {
  const events = await site.console.request('events', { limit: 1000 });
  return events.filter((event) => event.disk === disk).map(({ text }) => text);
};

const change = async (site: EngineSite, change: { include?: string[]; exclude?: string[] }) => {
  const { job } = await site.console.request('protection.disks', { vm: 'SRV1', ...change });
  return site.finish<'disks'>(job!.id);
};

const include = async (site: EngineSite, name = 'more.vhdx'): Promise<void> => {
  const { copyJob } = await change(site, { include: [name] });
  await site.finish(copyJob!);
};

const restore = async (site: EngineSite, point: string) => {
  const toDirectory = site.data(`restored-${point}`);
  const job = await site.console.request('restore', { vm: 'SRV1', point, toDirectory });
  const { files } = await site.finish<'restore'>(job.id);
  return { toDirectory, names: files.map(({ disk }) => disk).sort() };
};

const both = ['data.vhd', 'system.vhdx'];
const three = ['data.vhd', 'more.vhdx', 'system.vhdx'];

describe('a disk that is added to a protected VM', () => {
  it('is warned of until somebody decides about it, and told once', async () => {
    const site = makeSite();
    await site.protect();
    await addDisk(site);
    await site.sync();
    await site.sync();
    const status = await site.status();
    expect(status).toMatchObject({
      health: 'Warning',
      healthReasons: [{ kind: 'unprotectedDisk', code: 'DISK_NOT_PROTECTED' }],
      unprotectedDisks: [{ name: 'more.vhdx', sizeBytes: 16 * mebibyte, cause: 'added' }],
    });
    await site.reopen();
    await site.sync();
    expect(await eventsAbout(site, 'more.vhdx')).toEqual([
      'more.vhdx was added to the VM and is not replicated. Include it: hvrc protection disks "SRV1" --include "more.vhdx"; or leave it out: hvrc protection disks "SRV1" --exclude "more.vhdx"',
    ]);
    const { unprotectedIds, disks } = await site.console.request('vm.show', { vm: 'SRV1' });
    expect(unprotectedIds).toEqual([disks.find(({ name }) => name === 'more.vhdx')!.id]);
    rmSync(site.disk('more.vhdx'));
    await site.sync();
    expect(await site.status()).toMatchObject({ health: 'Normal', healthReasons: [] });
    expect((await site.status()).unprotectedDisks).toBeUndefined();
    expect((await eventsAbout(site, 'more.vhdx')).at(-1)).toMatch(/is not a disk of the VM any more/);
  });

  it('is an alert like every other warning', async () => {
    const site = makeSite();
    await site.protect();
    await addDisk(site);
    await site.sync();
    await site.start();
    const told = () =>
      site.pushes.flatMap((push) => (push.kind === 'notification' ? [push.notification] : []));
    for (let minute = 0; minute < 15 && told().length === 0; minute += 1) {
      await site.clock.advance(minuteMs);
      // Answered when what the engine had begun has had its turn.
      await site.console.request('vault.list', {});
    }
    const texts = told().flatMap(({ items }) => items.map(({ text }) => text));
    expect(texts.join()).toContain('more.vhdx was added to the VM');
  });

  it('is left out by a word, for good, also when another file takes its place', async () => {
    const site = makeSite();
    await site.protect();
    await addDisk(site);
    await site.sync();
    expect(await change(site, { exclude: ['more.vhdx'] })).toMatchObject({ excluded: ['more.vhdx'] });
    expect(await site.status()).toMatchObject({ health: 'Normal' });
    expect((await site.status()).disks.find(({ name }) => name === 'more.vhdx')).toMatchObject({
      excluded: true,
    });
    rmSync(site.disk('more.vhdx'));
    await addDisk(site);
    await site.sync();
    expect(await site.status()).toMatchObject({ health: 'Normal' });
    await expect(change(site, { exclude: ['more.vhdx'] })).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it('that was left out because nothing of it could be read is warned of once it can be', async () => {
    const site = makeSite();
    await site.prepare();
    writeFileSync(site.disk('more.vhdx'), 'nothing that is a disk');
    const { job } = await site.console.request('protect', {
      vm: 'SRV1',
      vault: 'nas',
      exclude: ['more.vhdx'],
    });
    await site.finish(job!.id);
    await site.sync();
    expect(await site.status()).toMatchObject({ health: 'Normal' });
    rmSync(site.disk('more.vhdx'));
    await addDisk(site);
    await site.sync();
    expect(await site.status()).toMatchObject({
      health: 'Warning',
      unprotectedDisks: [{ name: 'more.vhdx', cause: 'readable' }],
    });
    await include(site);
    await site.sync();
    expect(await site.status()).toMatchObject({ health: 'Normal' });
    expect((await site.status()).disks.map(({ name }) => name).sort()).toEqual(three);
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('that cannot be read is warned of, cannot be included, and can be left out', async () => {
    const site = makeSite();
    await site.protect();
    writeFileSync(site.disk('more.vhdx'), 'nothing that is a disk');
    await site.sync();
    expect(await site.status()).toMatchObject({ unprotectedDisks: [{ cause: 'unreadable' }] });
    await expect(change(site, { include: ['more.vhdx'] })).rejects.toMatchObject({
      file: site.disk('more.vhdx'),
    });
    await change(site, { exclude: ['more.vhdx'] });
    expect(await site.status()).toMatchObject({ health: 'Normal' });
  });
});

describe('a disk that is included', () => {
  it('is copied while the others go on and make points, and is in every point after that', async () => {
    const site = makeSite();
    await site.protect();
    await site.console.stop();
    const pool = new GatedPool('initial');
    await site.open(site.data(), pool);
    await addDisk(site);
    await site.sync();
    const [before] = await pointsOf(site);
    pool.shut();
    const { copyJob } = await change(site, { include: ['more.vhdx'] });
    await pool.waiting;
    expect(await site.status()).toMatchObject({
      state: 'WaitingForInitialReplication',
      health: 'Warning',
      healthReasons: [{ kind: 'initial' }],
      resync: null,
    });
    await site.clock.advance(1_000);
    await site.write('system.vhdx', 0, 1);
    expect(await site.sync()).toMatchObject({ consistency: 'crash', point: expect.any(String) });
    expect((await site.status()).rpoSeconds).toBe(0);
    const kept = site.keep('meanwhile');
    expect((await pointsOf(site)).map(({ disks }) => disks?.toSorted())).toEqual([both, both]);
    pool.open();
    await site.finish(copyJob!);
    await site.clock.advance(1_000);
    await site.write('more.vhdx', 0, 7);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096, point: expect.any(String) });
    expect(await site.status()).toMatchObject({ state: 'Replicating', health: 'Normal', resync: null });
    expect(await site.verify()).toMatchObject({ identical: true });

    const points = await pointsOf(site);
    expect(points.filter(({ disks }) => disks === undefined).length).toBeGreaterThan(0);
    const newest = await restore(site, points.at(-1)!.id);
    expect(newest.names).toEqual(three);
    for (const name of three)
      expect(await sameDisks(`${newest.toDirectory}/${name}`, site.disk(name))).toBe(true);
    expect((await restore(site, before!.id)).names).toEqual(both);
    const middle = await restore(site, points[1]!.id);
    expect(middle.names).toEqual(both);
    for (const name of both)
      expect(await sameDisks(`${middle.toDirectory}/${name}`, `${kept}/${name}`)).toBe(true);
  });

  it('is checked first, and refused with the reason when it does not fit', async () => {
    const site = makeSite();
    await site.protect();
    await addDisk(site);
    writeFileSync(`${site.disk('more.vhdx')}.hrl`, 'of another product');
    const ask = { vm: 'SRV1', include: ['more.vhdx'] };
    const { checks, job } = await site.console.request('protection.disks', { ...ask, checkOnly: true });
    expect(job).toBeNull();
    expect(checks.filter(({ outcome }) => outcome === 'fail')).toMatchObject([
      { error: { code: 'HRL_FOREIGN' } },
    ]);
    await expect(site.console.request('protection.disks', ask)).rejects.toMatchObject({
      code: 'HRL_FOREIGN',
    });
    await expect(
      site.console.request('protection.disks', { vm: 'SRV1', include: ['data.vhd'] }),
    ).rejects.toMatchObject({ code: 'STATE_INVALID' });
    await expect(
      site.console.request('protection.disks', { vm: 'SRV1', include: ['none.vhdx'] }),
    ).rejects.toMatchObject({ code: 'DISK_NOT_IN_VM' });
  });

  it('of a paused VM is copied when the VM is resumed', async () => {
    const site = makeSite();
    await site.protect();
    await site.start();
    await addDisk(site);
    await site.console.request('pause', { vm: 'SRV1' });
    expect(await change(site, { include: ['more.vhdx'] })).toMatchObject({ copyJob: null });
    const whole = site.nextStatus(({ state }) => state === 'Replicating');
    await site.console.request('resume', { vm: 'SRV1' });
    await whole;
    await site.sync();
    expect(await site.verify()).toMatchObject({ identical: true });
  });
});

describe('a protected disk that is excluded', () => {
  it('is in no later point, stays in those from before, and is compared when it is included again', async () => {
    const site = makeSite();
    await site.protect();
    const kept = site.keep('before');
    const [before] = await pointsOf(site);
    await site.write('system.vhdx', 0, 4);
    await change(site, { exclude: ['system.vhdx'] });
    expect(allLogsBeside(site.disk('system.vhdx'))).toEqual([]);
    expect(await site.status()).toMatchObject({ health: 'Normal', state: 'Replicating' });
    await site.clock.advance(1_000);
    await site.write('system.vhdx', 0, 5);
    await site.write('data.vhd', 0, 5);
    expect(await site.sync()).toMatchObject({ changedBytes: 4096, point: expect.any(String) });
    const points = await pointsOf(site);
    expect((await restore(site, points.at(-1)!.id)).names).toEqual(['data.vhd']);
    const older = await restore(site, before!.id);
    expect(older.names).toEqual(both);
    expect(await sameDisks(`${older.toDirectory}/system.vhdx`, `${kept}/system.vhdx`)).toBe(true);

    const { copyJob } = await change(site, { include: ['system.vhdx'] });
    expect(await site.finish<'resync'>(copyJob!)).toMatchObject({ differentBlocks: 1 });
    await site.write('data.vhd', 4096, 6);
    await site.sync();
    expect(await site.verify()).toMatchObject({ identical: true });
    const after = await pointsOf(site);
    expect(after.at(-1)?.disks).toBeUndefined();
    expect(after.map(({ id }) => id)).toContain(before!.id);
  });

  it('is never the operating system disk', async () => {
    const site = makeSite();
    await site.protect();
    const { disks } = await site.status();
    const system = disks.find(({ isOperatingSystem }) => isOperatingSystem)!;
    await expect(change(site, { exclude: [system.name] })).rejects.toMatchObject({ code: 'DISK_IS_OS' });
  });

  it('may be one that is gone, whose VM goes on without it', async () => {
    const site = makeSite();
    await site.protect();
    const { disks } = await site.status();
    const data = disks.find(({ isOperatingSystem }) => isOperatingSystem !== true)!;
    rmSync(site.disk(data.name));
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    expect((await site.failure(id)).error).toMatchObject({ code: 'DISK_NOT_FOUND' });
    await change(site, { exclude: [data.name] });
    await site.sync();
    expect(await site.status()).toMatchObject({ health: 'Normal', state: 'Replicating' });
  });
});

describe('a disk file of two VMs', () => {
  it.each([
    ['a hard link', (from: string, to: string) => linkSync(from, to)],
    ['a link within the host folder', (from: string, to: string) => symlinkSync(from, to)],
  ])('by %s is protected with one of them only', async (_how, link) => {
    const site = makeSite();
    await site.protect();
    const folder = join(site.host, 'SRV2');
    mkdirSync(folder);
    link(site.disk('system.vhdx'), join(folder, 'system.vhdx'));
    const { checks } = await site.console.request('protect', {
      vm: 'SRV2',
      vault: 'nas',
      checkOnly: true,
    });
    const refusals = checks.filter(({ outcome }) => outcome === 'fail');
    expect(refusals).toMatchObject([{ error: { code: 'DISK_SHARED' } }]);
    expect(refusals[0]!.detail).toContain('protected as a disk of SRV1');
  });
});
