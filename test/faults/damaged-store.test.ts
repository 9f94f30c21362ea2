import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/contract/job-reports.ts';
import { dataPaths } from '../../src/main/platform/data-directory.ts';
import { EngineProcess, type KillPoint } from '../support/engine-process.ts';
import { EngineSite } from '../support/engine-site.ts';
import { oracleMissing, qemuIdentical } from '../support/oracles.ts';
import type { Phase } from './fault-site.ts';

const vm = 'SRV1';

/** Phase → before which task the engine dies in it, and what it was asked for. */
const cells: readonly (readonly [Phase, KillPoint, (engine: EngineProcess) => Promise<JobReport>])[] = [
  [
    'initial',
    'initial',
    async (engine) => engine.finish((await engine.request('protect', { vm, vault: 'nas' })).job!),
  ],
  ['delta', 'send', (engine) => engine.request('sync', { vm })],
  // The vault has confirmed what the database never heard of.
  ['apply', 'dropLogs', (engine) => engine.request('sync', { vm })],
  ['prune', 'prune', (engine) => engine.request('protection.change', { vm, retentionPoints: 1 })],
  ['resync', 'resync', (engine) => engine.request('resync', { vm })],
];

describe('a database that is damaged while the engine is at', () => {
  let site: EngineSite;
  let value = 0;
  beforeAll(async () => {
    site = new EngineSite();
    await site.makeVm();
    const engine = await EngineProcess.start(site.data());
    await engine.request('host.use', { path: site.host });
    await engine.request('vault.add', { name: 'nas', target: site.vault });
    await engine.request('settings.change', { resyncWindow: { enabled: false } });
    await engine.stop();
  });
  afterAll(() => site.close());

  const write = (): Promise<void> => {
    value += 1;
    return site.write('data.vhd', (value % 8) * 65_536, value);
  };

  const expectWell = async (engine: EngineProcess): Promise<void> => {
    const { vms, rebuilt } = await engine.request('status', { vm });
    expect(vms[0]).toMatchObject({ state: 'Replicating', health: 'Normal', retry: null, resync: null });
    expect(rebuilt).toMatchObject({ waitingVms: 0 });
    expect((await engine.request('alerts', {})).active).toEqual([]);
    expect((await engine.job('verify', vm)).result).toMatchObject({ identical: true, damagedBlocks: 0 });
    if (oracleMissing('qemu-img')) return;
    for (const { name, replica } of await engine.replicatedDisks(vm)) {
      const format = name.endsWith('.vhd') ? 'vpc' : 'vhdx';
      expect(qemuIdentical(site.disk(name), format, replica, 'vhdx'), name).toBe(true);
    }
  };

  it.each(cells)(
    '%s is rebuilt, says so, and replication goes on to an identical replica',
    async (phase, killBefore, ask) => {
      await write();
      const doomed = await EngineProcess.start(site.data(), killBefore);
      await Promise.all([ask(doomed).catch(() => undefined), doomed.exited]);
      const { store } = dataPaths(site.data());
      const bytes = readFileSync(store);
      bytes.fill(0xee, 1024);
      writeFileSync(store, bytes);

      const sinceMs = Date.now();
      const engine = await EngineProcess.start(site.data());
      const told = (await engine.request('events', {})).filter(
        ({ code, at }) => code === 'STORE_DAMAGED' && Date.parse(at) >= sinceMs,
      );
      expect(told).toMatchObject([
        { level: 'warning', class: 'nonRecoverable', text: expect.stringContaining('rebuilt') },
      ]);
      expect(await engine.request('status', { vm })).toMatchObject({
        rebuilt: { text: told[0]!.text, waitingVms: 1 },
      });

      await engine.run();
      const [before] = (await engine.request('status', { vm })).vms;
      if (phase === 'resync') {
        expect(before).toMatchObject({ health: 'Warning', resync: { code: 'RESYNC_REQUIRED' } });
        await engine.job('resync', vm);
      }
      if (phase === 'initial') {
        const job = (await engine.request('jobs', {})).find(({ kind }) => kind === 'initial');
        await engine.finish(job!);
      }
      await engine.job('sync', vm);
      await expectWell(engine);
      if (phase !== 'resync' && phase !== 'initial')
        expect(
          (await engine.request('jobs', {})).filter(({ kind }) => kind === 'initial' || kind === 'resync'),
        ).toEqual([]);
      await engine.stop();
    },
  );
});
