import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmStatus } from '../../../src/contract/reports.ts';
import {
  createDynamicVhdWriter,
  openDynamicVhdWriter,
} from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { dataPaths } from '../../../src/main/platform/data-directory.ts';
import { trackingReserve } from '../../../src/main/replication/tracking/log-room.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { EngineProcess, type KillPoint } from '../../support/engine-process.ts';
import { oracleMissing, qemuIdentical, qemuImg } from '../../support/oracles.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const blockBytes = 32 * 1024;
const mebibyte = 1024 * 1024;
const noOracle = oracleMissing('qemu-img');

/** A VM of two disks, replicated, with an engine that can be told how much room their volume must keep. */
class Site {
  readonly vm = 'APP01';
  readonly folder = inFolder('host', this.vm);
  readonly system = join(this.folder, 'system.vhdx');
  readonly data = join(this.folder, 'data.vhd');
  readonly vault = inFolder('vault');
  readonly dataDirectory = inFolder('engine');
  engine!: EngineProcess;

  async create(): Promise<this> {
    mkdirSync(this.folder, { recursive: true });
    await createVhdxWriter(this.system, { sizeBytes: 32 * mebibyte, blockBytes: mebibyte }).close();
    await createDynamicVhdWriter(this.data, { sizeBytes: 16 * mebibyte }).close();
    await this.write(0x11, [0, 1, 2, 40, 900], [0, 5, 100]);
    await this.start();
    await this.engine.request('host.use', { path: inFolder('host') });
    await this.engine.request('vault.add', { name: 'local', target: this.vault });
    const { job } = await this.engine.request('protect', { vm: this.vm, vault: 'local' });
    await this.engine.job('sync', this.vm);
    if (job === null) throw new Error('protect gave no job');
    await this.engine.finish(job);
    await this.engine.stop();
    return this;
  }

  async start(killBefore?: KillPoint): Promise<void> {
    this.engine = await EngineProcess.start(this.dataDirectory, killBefore);
  }

  /** How much must stay free; an engine that runs is stopped for it. */
  reserve(bytes: number): void {
    const store = openStore(dataPaths(this.dataDirectory).store);
    store.settings.put(trackingReserve, bytes);
    store.close();
  }

  async write(fill: number, system: readonly number[], data: readonly number[] = []): Promise<void> {
    const writers = [
      { blocks: system, writer: openVhdxWriter(this.system) },
      { blocks: data, writer: openDynamicVhdWriter(this.data) },
    ];
    for (const { blocks, writer } of writers) {
      for (const block of blocks) writer.write(Buffer.alloc(blockBytes, fill), block * blockBytes);
      await writer.close();
    }
  }

  async status(): Promise<VmStatus> {
    return (await this.engine.request('status', { vm: this.vm })).vms[0]!;
  }

  /** Events about room for the log; the disks have no order. */
  async roomEvents(): Promise<string[]> {
    const events = await this.engine.request('events', { limit: 200 });
    return events
      .filter(({ text }) => /room/.test(text))
      .map(({ level, disk }) => `${level} ${disk}`)
      .sort();
  }

  get logs(): string[] {
    return readdirSync(this.folder).filter((name) => name.includes('.hrl'));
  }

  /** What lies beside the digest tables. */
  sideFiles(vmId: string): string[] {
    return readdirSync(join(this.dataDirectory, 'tracking', vmId)).filter(
      (name) => !name.endsWith('.digests'),
    );
  }

  async expectIdentical(): Promise<void> {
    const { result } = await this.engine.job('verify', this.vm);
    expect(result).toMatchObject({ identical: true, differentBlocks: 0 });
    for (const { path, replica, format } of await this.engine.replicatedDisks(this.vm)) {
      qemuImg('check', '-q', '-f', 'vhdx', replica);
      expect(qemuIdentical(replica, 'vhdx', path, format === 'vhd' ? 'vpc' : 'vhdx')).toBe(true);
    }
  }
}

/** More than any volume has. */
const noRoom = Number.MAX_SAFE_INTEGER;

describe.skipIf(noOracle)('a VM whose volume has no room for logs', () => {
  it('remembers changed blocks, says so once, sends them without a log, and logs again once there is room', async () => {
    const site = await new Site().create();
    site.reserve(noRoom);
    await site.write(0x22, [1, 2, 500], [5]);
    await site.start();
    renameSync(site.vault, `${site.vault}-away`);
    for (let cycle = 1; cycle <= 2; cycle += 1) {
      await expect(site.engine.job('sync', site.vm)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
      expect(site.logs).toEqual([]);
    }
    const without = await site.status();
    const found = without.disks.map(({ name, hrl }) => [name, hrl.bytes, hrl.degraded?.changedBytes]);
    expect(found.sort()).toEqual([
      ['data.vhd', 0, blockBytes],
      ['system.vhdx', 0, 3 * blockBytes],
    ]);
    expect(without.health).toBe('Warning');
    expect(without.healthReasons.map(({ code }) => code)).toContain('VOLUME_LOW_SPACE');
    expect(await site.roomEvents()).toEqual(['warning data.vhd', 'warning system.vhdx']);

    renameSync(`${site.vault}-away`, site.vault);
    const { result } = await site.engine.job('sync', site.vm);
    expect(result).toMatchObject({ consistency: 'crash', point: expect.any(String) });
    expect(site.logs).toEqual([]);
    const sent = await site.status();
    expect(sent.disks.map(({ hrl }) => hrl.degraded?.changedBytes)).toEqual([0, 0]);
    await site.expectIdentical();

    // Zeros where something was, and a cycle without changes: still without a log, still said only once.
    await site.write(0, [1], [5]);
    await site.write(0x33, [77]);
    await site.engine.job('sync', site.vm);
    expect(await site.engine.job('sync', site.vm)).toMatchObject({ result: { sentBytes: 0 } });
    await site.expectIdentical();
    expect(await site.roomEvents()).toHaveLength(2);
    await site.engine.stop();

    site.reserve(0);
    await site.write(0x44, [3, 78]);
    await site.start();
    await site.engine.job('sync', site.vm);
    await site.expectIdentical();
    expect(await site.roomEvents()).toEqual([
      'info data.vhd',
      'info system.vhdx',
      'warning data.vhd',
      'warning system.vhdx',
    ]);
    const after = await site.status();
    expect(after.disks.map(({ hrl }) => hrl.degraded)).toEqual([null, null]);
    expect(site.sideFiles(after.id)).toEqual([]);
    await site.engine.stop();
  });

  it('sends the logs that there are first, then what found no room in them', async () => {
    const site = await new Site().create();
    site.reserve(0);
    await site.start();
    renameSync(site.vault, `${site.vault}-away`);
    await site.write(0x22, [1, 2, 500]);
    await expect(site.engine.job('sync', site.vm)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    expect(site.logs).not.toEqual([]);
    await site.engine.stop();
    site.reserve(noRoom);
    await site.write(0x55, [2, 501], [9]);
    await site.start();
    await expect(site.engine.job('sync', site.vm)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    // Back to what it was before the log: the log must not win.
    await site.write(0x11, [1]);
    renameSync(`${site.vault}-away`, site.vault);
    const { result } = await site.engine.job('sync', site.vm);
    expect(result).toMatchObject({ consistency: 'crash' });
    expect(site.logs).toEqual([]);
    await site.expectIdentical();
    await site.engine.stop();
  });

  it.each(['commit', 'advanceSent'] as const)(
    'carries on by itself when it is killed before the %s of what was sent without a log',
    async (killBefore) => {
      const site = await new Site().create();
      site.reserve(noRoom);
      await site.write(0x22, [1, 2, 500], [5]);
      await site.start(killBefore);
      await expect(site.engine.job('sync', site.vm)).rejects.toThrow('The engine process ended');
      await site.engine.exited;
      const store = openStore(dataPaths(site.dataDirectory).store);
      const [protection] = store.protections.list();
      store.close();
      expect(protection?.direct?.disks).toHaveLength(2);
      // What the digests still say of these blocks is what they are again: only the side file knows that they went.
      await site.write(0x11, [1, 2], [5]);
      await site.write(0x66, [3]);
      if (killBefore === 'advanceSent') site.reserve(0);
      await site.start();
      await site.engine.job('sync', site.vm);
      await site.expectIdentical();
      expect(site.sideFiles(protection!.vmId)).toEqual([]);
      expect((await site.status()).resync).toBeNull();
      await site.engine.stop();
    },
  );
});
