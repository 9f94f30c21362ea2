import {
  closeSync,
  copyFileSync,
  cpSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmStatus } from '../../../src/contract/reports.ts';
import { openDiskLayer } from '../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { type EngineSite, engineSite, mebibyte } from '../../support/engine-site.ts';

const makeSite = engineSite();

/** Lets a cycle find the trouble; the VM must then be marked with `code`, and say so everywhere. */
const expectMarkedBy = async (site: EngineSite, code: string, disk: string | null): Promise<void> => {
  const atMs = site.clock.now();
  const { id } = await site.console.request('sync', { vm: 'SRV1' });
  expect((await site.failure(id)).error).toMatchObject({ code });
  const since = new Date(atMs).toISOString();
  const words = expect.stringMatching(/\w+ \w+/);
  expect(await site.status()).toMatchObject({
    state: 'WaitingForStartResynchronize',
    health: 'Critical',
    resync: { code, cause: words, since, prevention: words, disk },
  });
  const events = await site.console.request('events', {});
  // The change of health that follows it is told with the same code, as a warning.
  expect(events.findLast(({ level }) => level === 'error')).toMatchObject({ code, text: words });
  const { resyncs } = await site.console.request('resync.history', { vm: 'SRV1' });
  expect(resyncs.at(-1)).toMatchObject({
    code,
    cause: words,
    prevention: words,
    markedAt: since,
    resolvedAt: null,
  });
};

const expectHealed = async (site: EngineSite): Promise<void> => {
  await site.clock.advance(1_000);
  const { comparedBlocks } = await site.resync();
  expect(await site.verify()).toMatchObject({ identical: true });
  expect(await site.status()).toMatchObject({ state: 'Replicating', resync: null });
  const { resyncs } = await site.console.request('resync.history', { vm: 'SRV1' });
  expect(resyncs.at(-1)).toMatchObject({ resolvedAt: expect.any(String), comparedBlocks });
};

describe('a VM is marked', () => {
  it('when its log cannot be written', async () => {
    const site = makeSite();
    await site.protect();
    const log = site.disk('system.vhdx.hrl');
    rmSync(log);
    // A log is created under this name first.
    mkdirSync(`${log}.tmp`);
    await site.write('system.vhdx', 0, 1);
    await expectMarkedBy(site, 'HRL_WRITE_FAILED', 'system.vhdx');
    rmSync(`${log}.tmp`, { recursive: true });
    await expectHealed(site);
  });

  it('when a disk is restored to an older state', async () => {
    const site = makeSite();
    await site.protect();
    const path = site.disk('system.vhdx');
    const { atime, mtime } = statSync(path);
    copyFileSync(path, site.data('backup'));
    await site.write('system.vhdx', 0, 1);
    // The write must be later than the backup by more than a copy may cut off its time.
    utimesSync(path, atime, new Date(mtime.getTime() + 10_000));
    await site.sync();
    rmSync(path);
    copyFileSync(site.data('backup'), path);
    utimesSync(path, atime, mtime);
    await expectMarkedBy(site, 'DISK_REVERTED', 'system.vhdx');
    await expectHealed(site);
  });

  it('when a checkpoint of a disk is applied', async () => {
    const site = makeSite();
    await site.protect();
    const parentPath = site.disk('system.vhdx');
    const layer = openDiskLayer(parentPath);
    layer.close();
    const parent = { linkage: layer.linkage, relativePath: './system.vhdx', absolutePath: parentPath };
    const branch = async (name: string, value: number) => {
      const options = { sizeBytes: 64 * mebibyte, blockBytes: mebibyte, parent };
      const tip = createVhdxWriter(site.disk(name), options);
      tip.write(Buffer.alloc(8192, value), 5 * mebibyte);
      await tip.close();
    };
    await branch('system_1.avhdx', 3);
    expect(await site.sync()).toMatchObject({ changedBytes: 8192 });
    rmSync(site.disk('system_1.avhdx'));
    await branch('system_2.avhdx', 4);
    await expectMarkedBy(site, 'DISK_REVERTED', 'system.vhdx');
    await expectHealed(site);
  });

  /** The same disk with another size, or another disk of the same size. */
  const remake = async (site: EngineSite, sizeMebibytes: number, isSame: boolean): Promise<void> => {
    const { disks } = await site.status();
    const { id: diskId } = disks.find(({ name }) => name === 'data.vhd')!;
    rmSync(site.disk('data.vhd'));
    const options = { sizeBytes: sizeMebibytes * mebibyte, ...(isSame ? { diskId } : {}) };
    const made = createDynamicVhdWriter(site.disk('data.vhd'), options);
    made.write(Buffer.alloc(mebibyte, 5), 20 * mebibyte);
    await made.close();
  };

  it.each([
    ['a disk became larger', 'DISK_CHANGED_GEOMETRY', 48, true],
    ['a disk became smaller', 'DISK_CHANGED_GEOMETRY', 24, true],
    ['another disk took the place of one', 'DISK_REPLACED', 32, false],
  ] as const)('when %s', async (_case, code, sizeMebibytes, isSame) => {
    const site = makeSite();
    await site.protect();
    await remake(site, sizeMebibytes, isSame);
    await expectMarkedBy(site, code, 'data.vhd');
    await expectHealed(site);
  });

  it.each([
    ['is lost', 'REPLICA_MISSING', (replica: string) => rmSync(replica)],
    ['is damaged', 'REPLICA_INVALID', (replica: string) => writeFileSync(replica, 'nothing')],
  ] as const)('when a replica %s', async (_case, code, damage) => {
    const site = makeSite();
    await site.protect();
    damage(await site.replica('system.vhdx'));
    await site.write('system.vhdx', 0, 1);
    await expectMarkedBy(site, code, null);
    await expectHealed(site);
  });

  it('when the vault was put back to an older state: the log does not follow what it holds', async () => {
    const site = makeSite();
    await site.protect();
    cpSync(site.vault, site.data('older-vault'), { recursive: true });
    await site.write('system.vhdx', 0, 1);
    await site.sync();
    rmSync(site.vault, { recursive: true });
    renameSync(site.data('older-vault'), site.vault);
    await site.write('system.vhdx', mebibyte, 2);
    await expectMarkedBy(site, 'HRL_OUT_OF_SEQUENCE', null);
    await expectHealed(site);
  });
});

describe('verification', () => {
  const alter = (site: EngineSite): void => {
    const file = openSync(join(site.vault, 'SRV1', 'system.vhdx'), 'r+');
    // The last byte of the last block of data; the file's structures come before it.
    const position = fstatSync(file).size - 1;
    const held = Buffer.alloc(1);
    readSync(file, held, 0, 1, position);
    writeSync(file, Buffer.from([held[0]! ^ 0xff]), 0, 1, position);
    closeSync(file);
  };

  it('marks a VM whose replica was altered at the vault', async () => {
    const site = makeSite();
    await site.protect();
    alter(site);
    expect(await site.verify()).toMatchObject({ identical: false, differentBlocks: 1, damagedBlocks: 1 });
    const code = 'REPLICA_INVALID';
    expect(await site.status()).toMatchObject({
      state: 'WaitingForStartResynchronize',
      health: 'Critical',
      resync: { code },
    });
    const events = await site.console.request('events', {});
    expect(events.filter((event) => event.code === code)).toContainEqual(
      expect.objectContaining({
        level: 'error',
        text: expect.stringMatching(/1 of the blocks .* system\.vhdx/),
      }),
    );
    await expectHealed(site);
  });

  it('leaves a VM alone whose disk was only written since the last cycle', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('system.vhdx', 0, 1);
    expect(await site.verify()).toMatchObject({ identical: false, damagedBlocks: 0 });
    expect(await site.status()).toMatchObject({ state: 'Replicating', health: 'Normal', resync: null });
  });
});

describe('a log that grows', () => {
  const away = async (site: EngineSite): Promise<void> => {
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    await site.failure(id);
  };
  const largeLog = ({ healthReasons }: VmStatus) => healthReasons.filter(({ kind }) => kind === 'largeLog');
  const warnings = async (site: EngineSite) =>
    (await site.console.request('events', {})).filter(({ text }) => text.startsWith('The log of data.vhd'));

  it('is warned of once from 30 % and once from 40 % of the disk on, until it was sent', async () => {
    const site = makeSite();
    await site.protect();
    renameSync(site.vault, `${site.vault}-away`);
    await site.write('data.vhd', 0, 1, 7 * mebibyte);
    await away(site);
    expect(largeLog(await site.status())).toEqual([]);
    await site.clock.advance(600_000);
    await site.write('data.vhd', 8 * mebibyte, 1, 4 * mebibyte);
    await away(site);
    const [reason] = largeLog(await site.status());
    expect(reason?.text).toMatch(
      /11\.\d MB, 3\d % of the disk; at the rate of the last hour it reaches 50 % at 2/,
    );
    await site.clock.advance(60_000);
    await site.write('data.vhd', 16 * mebibyte, 1, 2 * mebibyte);
    await away(site);
    await away(site);
    expect((await warnings(site)).map(({ level, text }) => [level, /\d+ %/.exec(text)?.[0]])).toEqual([
      ['warning', '34 %'],
      ['warning', '40 %'],
    ]);
    renameSync(`${site.vault}-away`, site.vault);
    await site.sync();
    expect(largeLog(await site.status())).toEqual([]);
    expect((await warnings(site)).at(-1)).toMatchObject({
      level: 'info',
      text: expect.stringContaining('was sent'),
    });
  });

  it('beyond half of the disk right after a resynchronization goes on as a bitmap, with figures and ways out', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('data.vhd', 8 * mebibyte, 1, 17 * mebibyte);
    await expectMarkedBy(site, 'HRL_THRESHOLD', 'data.vhd');
    await expectHealed(site);
    await site.clock.advance(3_600_000);
    await site.write('data.vhd', 8 * mebibyte, 2, 17 * mebibyte);
    await site.sync();
    const status = await site.status();
    expect(status).toMatchObject({ state: 'Replicating', resync: null });
    const [event] = (await site.console.request('events', {})).filter(({ text }) =>
      text.includes('Ways out'),
    );
    expect(event).toMatchObject({ level: 'warning', code: 'HRL_THRESHOLD', disk: 'data.vhd' });
    expect(event!.text).toMatch(/60 minutes after one: [\d.]+ MB wait; it changes at [\d.]+ KB\/s/);
    expect(await site.verify()).toMatchObject({ identical: true });
    await site.write('data.vhd', 0, 3);
    await site.sync();
    expect((await site.status()).disks.map(({ hrl }) => hrl.degraded)).toEqual([null, null]);
    await site.clock.advance(25 * 3_600_000);
    await site.write('data.vhd', 8 * mebibyte, 4, 17 * mebibyte);
    await expectMarkedBy(site, 'HRL_THRESHOLD', 'data.vhd');
  });
});
