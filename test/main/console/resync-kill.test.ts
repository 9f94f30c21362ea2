import { describe, expect, it } from 'vitest';
import { EngineProcess, type KillPoint } from '../../support/engine-process.ts';
import { engineSite, mebibyte } from '../../support/engine-site.ts';
import { oracleMissing, qemuIdentical } from '../../support/oracles.ts';

const makeSite = engineSite();

/** In the order of a resynchronization's steps: what comes next when the engine is killed. */
const killPoints: readonly [string, KillPoint][] = [
  ['the comparison', 'resync'],
  ['the commit of what differed', 'commit'],
  ['the look at all disks', 'scan'],
  ['the cut in the log', 'cut'],
  ['the sealing of the log', 'seal'],
];

describe.skipIf(oracleMissing('qemu-img'))('a resynchronization', () => {
  it.each(killPoints)('that is killed before %s ends with what the disks hold', async (_step, killBefore) => {
    const site = makeSite();
    await site.protect();
    await site.write('system.vhdx', 3 * mebibyte, 1);
    const disks = ['system.vhdx', 'data.vhd'];
    const replicas = await Promise.all(disks.map((name) => site.replica(name)));
    await site.console.stop();
    const killed = await EngineProcess.start(site.data(), killBefore);
    await killed.request('resync', { vm: 'SRV1' });
    const ended = killed.exited.then(() => true);
    const moment = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));
    // A guest that keeps writing into a block it has: the end of the resynchronization finds something to log.
    for (let value = 1; !(await Promise.race([ended, moment()])); value += 1)
      await site.write('data.vhd', 2 * mebibyte, value % 256);
    const engine = await EngineProcess.start(site.data());
    const { vms } = await engine.request('status', { vm: 'SRV1' });
    const isMarked = vms[0]?.resync !== null;
    expect(isMarked).toBe(killBefore === 'resync' || killBefore === 'commit');
    if (isMarked) await engine.job('resync', 'SRV1');
    else await engine.job('sync', 'SRV1');
    await engine.stop();
    for (const [index, name] of disks.entries()) {
      const format = name.endsWith('.vhd') ? 'vpc' : 'vhdx';
      expect(qemuIdentical(replicas[index]!, 'vhdx', site.disk(name), format)).toBe(true);
    }
  });
});
