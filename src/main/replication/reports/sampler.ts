import type { Clock } from '../../platform/clock.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../../store/records.ts';
import type { Sample } from '../../store/sample-table.ts';
import type { Store } from '../../store/store.ts';
import type { BackgroundWork } from '../jobs/background-work.ts';
import type { LogGrowth } from '../tracking/log-growth.ts';
import type { VolumeRoom } from '../volume-room.ts';
import { noteAlive, type OffPeriod, offSince } from './engine-off.ts';
import { rpoSeconds } from './rpo.ts';
import type { TrafficCounters } from './traffic.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export interface SamplerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly traffic: TrafficCounters;
  readonly volumes: VolumeRoom;
  readonly background: BackgroundWork;
  readonly logGrowth: LogGrowth;
}

/** @param off when no engine ran before this sample; null when one did */
type Alongside = (vm: ProtectionRecord, nowMs: number, off: OffPeriod | null) => void;

/**
 * Writes down once a minute, while replication runs, where each protected VM stands: by the clock and not by cycles, so
 * that the history goes on when they do not, and a gap in it means that no engine ran.
 */
export class Sampler {
  private readonly parts: SamplerParts;
  /** Done with each sample, in its transaction. */
  private readonly alongside: Alongside;
  private stopping: AbortController | null = null;
  private prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SamplerParts, alongside: Alongside) {
    this.parts = parts;
    this.alongside = alongside;
  }

  start(): void {
    if (this.stopping !== null) return;
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.parts.background.run('Sampling the history', () => this.run(signal));
  }

  /** Takes a last sample, so that nothing counted is lost. */
  stop(): void {
    if (this.stopping === null) return;
    this.stopping.abort();
    this.stopping = null;
    this.sample();
  }

  /** Takes one sample of every protected VM. */
  sample(): void {
    const { store, clock } = this.parts;
    const nowMs = clock.now();
    store.relaxed(() => {
      const off = offSince(store, nowMs);
      noteAlive(store, nowMs);
      for (const vm of store.protections.list()) {
        store.samples.add(vm.vmId, nowMs, this.samplesOf(vm, nowMs));
        this.alongside(vm, nowMs, off);
      }
      if (Math.abs(nowMs - this.prunedAtMs) < hourMs) return;
      store.samples.prune(nowMs);
      store.statistics.prune(nowMs);
      this.prunedAtMs = nowMs;
    });
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.sample();
      const { clock } = this.parts;
      await clock.wait(minuteMs - (clock.now() % minuteMs), signal);
    }
  }

  private samplesOf(vm: ProtectionRecord, nowMs: number): Sample[] {
    const { sentBytes, sendingMs, changedBytes } = this.parts.traffic.take(vm.vmId);
    const disks = this.parts.store.protectedDisks.list(vm.vmId).filter(({ excluded }) => !excluded);
    for (const disk of disks) this.parts.logGrowth.note(disk, nowMs);
    const ofVm = (kind: Sample['kind'], value: number): Sample[] =>
      // Zeros need no row: the RPO's tells that there was a sample.
      value === 0 ? [] : [{ kind, subject: '', value: Math.round(value) }];
    return [
      { kind: 'rpo', subject: '', value: rpoSeconds(vm, nowMs) },
      ...ofVm('sent', sentBytes),
      ...ofVm('sending', sendingMs),
      ...ofVm('changed', changedBytes),
      ...disks.map(({ diskId, hrl }): Sample => ({ kind: 'log', subject: diskId, value: hrl.bytes })),
      ...this.freeSpace(disks),
    ];
  }

  private freeSpace(disks: readonly ProtectedDiskRecord[]): Sample[] {
    const free = new Map<string, number>();
    for (const disk of disks) {
      const space = this.parts.volumes.of(disk);
      if (space !== null) free.set(space.mount, space.freeBytes);
    }
    return [...free].map(([subject, value]) => ({ kind: 'free', subject, value }));
  }
}
