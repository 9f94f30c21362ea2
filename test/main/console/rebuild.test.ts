import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventReport, VmStatus } from '../../../src/contract/reports.ts';
import { dataPaths } from '../../../src/main/platform/data-directory.ts';
import { EngineProcess, type KillPoint } from '../../support/engine-process.ts';
import { EngineSite, sameDisks } from '../../support/engine-site.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const vm = 'SRV1';
const noQemu = oracleMissing('qemu-img');

let site: EngineSite;
let value = 1;
/** The recovery point that holds what the disks hold. */
let pointId: string;

beforeAll(async () => {
  site = new EngineSite();
  await site.makeVm();
  const engine = await EngineProcess.start(site.data());
  await engine.request('host.use', { path: site.host });
  await engine.request('vault.add', { name: 'nas', target: site.vault });
  await engine.request('settings.change', { resyncWindow: { enabled: false } });
  const { job } = await engine.request('protect', { vm, vault: 'nas', retentionPoints: 50 });
  await engine.finish(job!);
  await engine.job('sync', vm);
  pointId = await newestPoint(engine);
  await engine.stop();
});
afterAll(() => site.close());

const paths = () => dataPaths(site.data());
const write = (): Promise<void> => {
  value += 1;
  return site.write('data.vhd', (value % 8) * 65_536, value);
};
const start = (killBefore?: KillPoint) => EngineProcess.start(site.data(), killBefore);

const statusOf = async (engine: EngineProcess): Promise<VmStatus> =>
  (await engine.request('status', { vm })).vms[0]!;

const newestPoint = async (engine: EngineProcess): Promise<string> =>
  (await engine.request('points', { vm })).points.at(-1)!.id;

/** What was told of a damage since a moment: what was told before may be among what was kept. */
const told = async (engine: EngineProcess, sinceMs: number): Promise<EventReport[]> =>
  (await engine.request('events', {})).filter(
    ({ code, at }) => code === 'STORE_DAMAGED' && Date.parse(at) >= sinceMs,
  );

const expectIdentical = async (engine: EngineProcess): Promise<void> => {
  for (const { name, replica } of await engine.replicatedDisks(vm)) {
    const format = name.endsWith('.vhd') ? 'vpc' : 'vhdx';
    if (noQemu) expect(await sameDisks(site.disk(name), replica)).toBe(true);
    else expect(qemuIdentical(site.disk(name), format, replica, 'vhdx'), name).toBe(true);
  }
};

/** An older point gives back what the disks held then. */
const expectRestores = async (engine: EngineProcess, point: string, kept: string): Promise<void> => {
  const to = mkdtempSync(join(site.directory, 'restored-'));
  await engine.finish(await engine.request('restore', { vm, toDirectory: to, point }));
  for (const name of ['system.vhdx', 'data.vhd']) {
    const restored = readdirSync(to, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith(name),
    )!;
    expect(await sameDisks(join(kept, name), join(to, restored)), name).toBe(true);
  }
};

const corrupt = (path: string, from: number): void => {
  const bytes = readFileSync(path);
  bytes.fill(0xee, from);
  writeFileSync(path, bytes);
};

const edit = (sql: string): void => {
  const database = new Database(paths().store);
  database.exec(sql);
  database.close();
};

const damages: readonly [string, () => void][] = [
  ['is no database', () => writeFileSync(paths().store, 'a text file '.repeat(2_000))],
  ['has pages of nonsense', () => corrupt(paths().store, 4096)],
  ['is cut off', () => truncateSync(paths().store, Math.floor(statSync(paths().store).size / 8192) * 4096)],
  ['is empty', () => truncateSync(paths().store, 0)],
  ['is gone', () => rmSync(paths().store)],
  ['holds a record that does not parse', () => edit(`UPDATE protections SET record = '{"vmId":'`)],
  ['holds a record that does not fit', () => edit(`UPDATE protected_disks SET record = '{"vmId":"x"}'`)],
  ['holds an event that does not parse', () => edit(`UPDATE events SET record = 'half an ev'`)],
];

describe('a database that', () => {
  for (const [what, damage] of damages) {
    it(`${what} is set aside and rebuilt, and the VM goes on with a delta`, async () => {
      const older = pointId;
      const kept = site.keep(`${value}`);
      await write();
      damage();
      const rest = existsSync(paths().store) ? readFileSync(paths().store) : null;

      const sinceMs = Date.now();
      const engine = await start();
      const [event, ...more] = await told(engine, sinceMs);
      expect(more).toEqual([]);
      expect(event).toMatchObject({ level: 'warning', text: expect.stringContaining('1 vault and 1 VM') });
      expect((await engine.request('engine.info', {})).rebuilt).toMatchObject({
        text: event!.text,
        waitingVms: 1,
      });
      const [, aside] = /set aside as (\S+)\./.exec(event!.text) ?? [];
      if (rest !== null) expect(readFileSync(join(site.data(), aside!)).equals(rest)).toBe(true);

      const { result } = await engine.job('sync', vm);
      expect(result).toMatchObject({ kind: 'cycle', consistency: 'crash' });
      const { sentBytes } = result as Extract<typeof result, { kind: 'cycle' }>;
      expect(sentBytes).toBeGreaterThan(0);
      expect(sentBytes).toBeLessThan(1024 * 1024);
      expect(await statusOf(engine)).toMatchObject({ state: 'Replicating', resync: null, retry: null });
      expect((await engine.request('status', {})).rebuilt).toMatchObject({ waitingVms: 0 });
      await expectIdentical(engine);
      await expectRestores(engine, older, kept);
      pointId = await newestPoint(engine);
      await engine.stop();
    });
  }
});

/** Leaves the database as a killed engine does, its last cycle only in the log beside it; the jobs that it had before. */
const killedAfter = async (last: (engine: EngineProcess) => Promise<unknown>): Promise<number[]> => {
  const engine = await start();
  const known = await jobsOf(engine);
  await write();
  await engine.job('sync', vm);
  await last(engine);
  await engine.kill();
  await engine.exited;
  return known;
};

const jobsOf = async (engine: EngineProcess): Promise<number[]> =>
  (await engine.request('jobs', {})).map(({ id }) => id);

describe('a sound database', () => {
  it.each<[string, RegExp, (path: string) => void]>([
    [
      'whose log is damaged in the middle',
      /-wal is damaged at offset \d+, before transactions that are whole/,
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0xee, 20_000, 20_100);
        writeFileSync(path, bytes);
      },
    ],
    [
      'whose log is something else',
      /the header of .*-wal is damaged/,
      (path) => writeFileSync(path, 'a text file '.repeat(2_000)),
    ],
    ['whose log is gone', /it is older than known\.json/, (path) => rmSync(path)],
  ])(
    '%s is set aside and rebuilt with its history; nothing that was asked for is forgotten',
    async (_, finding, damage) => {
      const jobs = await killedAfter(async (engine) => {
        const retentionHours = value % 24;
        await engine.finish(await engine.request('protection.change', { vm, retentionHours }));
      });
      const hours = value % 24;
      const log = `${paths().store}-wal`;
      expect(statSync(log).size).toBeGreaterThan(40_000);
      damage(log);
      await write();
      const sinceMs = Date.now();
      const engine = await start();
      const [event, ...more] = await told(engine, sinceMs);
      expect(more).toEqual([]);
      expect(event!.text).toMatch(finding);
      expect(event!.text).toContain('Events, jobs and statistics were kept, but for the last ones.');
      expect(jobs.length).toBeGreaterThan(0);
      expect(await jobsOf(engine)).toEqual(expect.arrayContaining(jobs));
      const { result } = await engine.job('sync', vm);
      expect((result as { sentBytes: number }).sentBytes).toBeGreaterThan(0);
      expect(await statusOf(engine)).toMatchObject({
        state: 'Replicating',
        resync: null,
        retentionHours: hours,
      });
      await expectIdentical(engine);
      await engine.stop();
    },
  );

  it('is used as it is when its log only breaks off', async () => {
    await killedAfter(async () => undefined);
    const log = `${paths().store}-wal`;
    truncateSync(log, statSync(log).size - 100);
    const sinceMs = Date.now();
    const engine = await start();
    expect(await told(engine, sinceMs)).toEqual([]);
    await engine.job('sync', vm);
    expect(await statusOf(engine)).toMatchObject({ resync: null });
    await expectIdentical(engine);
    await engine.stop();
  });
});

describe('rebuilding', () => {
  it('takes what was logged but not sent, and what was sealed but not confirmed, to the vault', async () => {
    for (const killBefore of ['send', 'openLog', 'seal'] as const) {
      await write();
      const doomed = await start(killBefore);
      await Promise.all([doomed.job('sync', vm).catch(() => undefined), doomed.exited]);
      rmSync(paths().store);
      await write();
      const engine = await start();
      await engine.job('sync', vm);
      expect(await statusOf(engine), killBefore).toMatchObject({ resync: null });
      await expectIdentical(engine);
      await engine.stop();
    }
  });

  it('marks a VM for resynchronization, with the cause, where its digests are gone', async () => {
    rmSync(paths().store);
    const folder = join(site.data(), 'tracking');
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.digests')) rmSync(join(folder, file));
    const engine = await start();
    await expect(engine.job('sync', vm)).rejects.toMatchObject({ code: 'TRACKING_DAMAGED' });
    expect(await statusOf(engine)).toMatchObject({ resync: { code: 'TRACKING_DAMAGED' } });
    await engine.job('resync', vm);
    await engine.job('sync', vm);
    await expectIdentical(engine);
    await engine.stop();
  });

  for (const killPoint of ['set-aside', 'rebuilt'] as const) {
    it(`begins again after kill -9 in the middle of it (${killPoint})`, async () => {
      await write();
      corrupt(paths().store, 4096);
      await EngineProcess.startAndDie(site.data(), killPoint);
      expect(existsSync(paths().store)).toBe(false);
      const sinceMs = Date.now();
      const engine = await start();
      expect(await told(engine, sinceMs)).toHaveLength(1);
      await engine.job('sync', vm);
      await expectIdentical(engine);
      expect(readdirSync(site.data()).filter((name) => name.includes('.rebuilding'))).toEqual([]);
      await engine.stop();
    });
  }

  it('begins with an empty database, and says so, where nothing tells what was in it', async () => {
    writeFileSync(paths().store, 'nothing');
    writeFileSync(paths().known, '{"format":1');
    const sinceMs = Date.now();
    const engine = await start();
    const [event] = await told(engine, sinceMs);
    expect(event!.text).toContain('choose the host and open the vaults again');
    expect((await engine.request('status', {})).vms).toEqual([]);
    await engine.stop();
    expect(readdirSync(site.data()).filter((name) => name.startsWith('known.json.damaged-'))).toHaveLength(1);
  });
});
