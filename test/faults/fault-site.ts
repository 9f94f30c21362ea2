import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { AlertReport } from '../../src/contract/alerts.ts';
import type { EventReport, VmStatus } from '../../src/contract/reports.ts';
import { createDynamicVhdWriter } from '../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { writeDifferencingVhd } from '../support/differencing-vhd.ts';
import { EngineSite, mebibyte, minuteMs } from '../support/engine-site.ts';
import { FaultyPool } from './faulty-pool.ts';

/** What replication is at when something goes wrong. */
export const phases = ['initial', 'delta', 'apply', 'resync', 'prune'] as const;
export type Phase = (typeof phases)[number];

export const frequencySeconds = 900;
const lookMs = 30_000;
const trickleMs = 5;

/** A site that a whole column of the matrix goes through, one fault after the other. */
export class FaultSite {
  readonly site = new EngineSite();
  readonly pool = new FaultyPool();
  #written = 0;

  /** An engine that replicates; SRV1 is protected, a disk of it a chain. */
  async open(): Promise<void> {
    const { site } = this;
    await site.makeVm();
    await this.#makeChain();
    await site.open(site.data(), this.pool);
    const { console } = site;
    await console.request('settings.change', {
      resyncWindow: { enabled: false },
      alerts: { quietTimeMinutes: 10 },
    });
    await console.request('host.use', { path: site.host });
    await console.request('vault.add', { name: 'nas', target: site.vault });
    await console.start();
    await this.protect();
    await this.initialDone();
    await site.sync();
  }

  async close(): Promise<void> {
    await this.site.close();
  }

  get clock() {
    return this.site.clock;
  }

  /** Protects the VM; the engine begins the first copy by itself. */
  async protect(): Promise<void> {
    const retentionPoints = 1;
    await this.site.console.request('protect', {
      vm: 'SRV1',
      vault: 'nas',
      frequencySeconds,
      retentionPoints,
    });
  }

  /** The first copy and what follows it. */
  async initialDone(): Promise<void> {
    for (const kind of ['initial', 'finalize'] as const) {
      const [job] = (await this.site.console.request('jobs', {})).filter((each) => each.kind === kind);
      if (job !== undefined) await this.site.console.request('job.wait', { id: job.id });
    }
  }

  async unprotect(): Promise<void> {
    const { id } = await this.site.console.request('unprotect', { vm: 'SRV1', deleteReplica: true });
    await this.site.finish(id);
  }

  /** A guest writes something that is not there yet. */
  async write(): Promise<void> {
    this.#written += 1;
    await this.site.write('system.vhdx', (this.#written % 40) * mebibyte, (this.#written % 250) + 1);
  }

  /** Moves a file or folder to where nobody looks, until the answer is called. */
  takeAway(path: string): () => void {
    const elsewhere = join(this.site.directory, 'away');
    renameSync(path, elsewhere);
    return () => renameSync(elsewhere, path);
  }

  /** Undoes what took the vault away. */
  vaultBack(): void {
    renameSync(`${this.site.vault}-away`, this.site.vault);
  }

  get vmFolder(): string {
    return join(this.site.host, this.site.vm);
  }

  get chainParent(): string {
    return join(this.site.directory, 'parents', 'base.vhd');
  }

  /** Resolves with the next event that fits, from now on. */
  async event(fits: (event: EventReport) => boolean): Promise<EventReport> {
    const push = await this.site.next((each) => each.kind === 'event' && fits(each.event));
    if (push.kind !== 'event') throw new Error('not an event');
    return push.event;
  }

  /** What is told of the VM now. */
  async alerts(): Promise<AlertReport[]> {
    const { active } = await this.site.console.request('alerts', {});
    return active.filter(({ vm }) => vm === 'SRV1');
  }

  /** Lets time pass, a look of the alerts at a time, until they are as wanted. */
  async passUntil(wanted: (alerts: readonly AlertReport[]) => boolean, mostMinutes: number): Promise<void> {
    for (let passedMs = 0; ; passedMs += lookMs) {
      const alerts = await this.alerts();
      if (wanted(alerts)) return;
      if (passedMs >= mostMinutes * minuteMs)
        throw new Error(`After ${mostMinutes} minutes: ${JSON.stringify(alerts)}`);
      await this.clock.advance(lookMs);
      // Answered when the look that has just begun has had its turn.
      await this.status();
      await this.site.console.request('vault.list', {});
    }
  }

  /** Resolves when replication has done what was due and waits for the next cycle. */
  async quiet(): Promise<void> {
    for (let look = 0; look < 2_000; look += 1) {
      const { activity, nextCycleAt } = await this.status();
      const waitsMs = Date.parse(nextCycleAt ?? '') - this.clock.now();
      if (activity === null && waitsMs > 0 && waitsMs <= frequencySeconds * 1000) return;
      await this.#trickle();
    }
    throw new Error(`It does not come to rest: ${JSON.stringify(await this.status())}`);
  }

  /**
   * Lets time trickle until it is done. Where the clock was set back the files' times lie in its future, and who wants to
   * compare them waits for a moment to pass: of the clock that nobody else moves.
   */
  async flow<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const noted = work.finally(() => {
      isDone = true;
    });
    while (!isDone) await this.#trickle();
    return noted;
  }

  /** Time passes as it does for everybody else; the workers need the processor meanwhile. */
  async #trickle(): Promise<void> {
    await setTimeout(trickleMs);
    await this.clock.advance(trickleMs);
  }

  status(): Promise<VmStatus> {
    return this.site.status();
  }

  async #makeChain(): Promise<void> {
    const sizeBytes = 8 * mebibyte;
    mkdirSync(join(this.site.directory, 'parents'));
    const parentId = randomUUID();
    const parent = createDynamicVhdWriter(this.chainParent, { sizeBytes, diskId: parentId });
    parent.write(Buffer.alloc(mebibyte, 0x31), mebibyte);
    await parent.close();
    writeDifferencingVhd({
      path: this.site.disk('chain.vhd'),
      sizeBytes,
      diskId: randomUUID(),
      parentId,
      writes: [{ offset: 4 * mebibyte, data: Buffer.alloc(4096, 0x32) }],
      absolutePath: this.chainParent,
      parentName: 'base.vhd',
    });
  }
}
