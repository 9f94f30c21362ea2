import { ReplicationError } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/main/platform/clock.ts';
import { dataPaths } from '../../src/main/platform/data-directory.ts';
import { openLog } from '../../src/main/platform/log.ts';
import { EngineSettings } from '../../src/main/replication/engine-settings.ts';
import { BackgroundWork } from '../../src/main/replication/jobs/background-work.ts';
import { EventLog } from '../../src/main/replication/reports/event-log.ts';
import { Sampler } from '../../src/main/replication/reports/sampler.ts';
import { StatisticsKeeper } from '../../src/main/replication/reports/statistics-keeper.ts';
import { TrafficCounters } from '../../src/main/replication/reports/traffic.ts';
import { LogGrowth } from '../../src/main/replication/tracking/log-growth.ts';
import { VolumeRoom } from '../../src/main/replication/volume-room.ts';
import { openStore } from '../../src/main/store/store.ts';
import { randomBelow, randomFrom } from './random.ts';
import { protectedDiskRecord, protectionRecord } from './records.ts';

const minuteMs = 60_000;
const disksPerVm = 4;

export interface SimulatedMonth {
  readonly vms: number;
  readonly days: number;
  /** How much of the end is sampled by the minute, as the engine does; what is before has only coarser steps left anyway. */
  readonly hoursByTheMinute: number;
  readonly endMs: number;
  /** Between two cycles and two samples. */
  readonly stepMinutes: number;
}

/**
 * Fills a data directory with what an engine writes over a month, through the same sampler, statistics and tables: every
 * VM a cycle each step, of which some fail, and an event now and then. Returns how long one sample of all VMs took,
 * milliseconds.
 */
export const simulateMonth = async (
  dataDirectory: string,
  { vms, days, hoursByTheMinute, endMs, stepMinutes }: SimulatedMonth,
): Promise<number> => {
  let nowMs = endMs - days * 24 * 60 * minuteMs;
  const clock: Clock = { now: () => nowMs, wait: () => Promise.resolve() };
  const random = randomFrom(7);
  const store = openStore(dataPaths(dataDirectory).store);
  const log = openLog(dataDirectory);
  const events = new EventLog(store, clock, log, () => undefined);
  const statistics = new StatisticsKeeper(store, new EngineSettings(store));
  const traffic = new TrafficCounters();
  const volumes = new VolumeRoom(
    () => nowMs,
    async () => ({ totalBytes: 2 ** 40, freeBytes: 2 ** 39 + randomBelow(random, 2 ** 30), mount: '/srv' }),
  );
  const background = new BackgroundWork(events, log);
  const parts = { store, clock, traffic, volumes, background, logGrowth: new LogGrowth() };
  const sampler = new Sampler(parts, (vm, atMs) => statistics.follow(vm, atMs));
  const records = Array.from({ length: vms }, (_, index) =>
    protectionRecord({
      vmId: uuid(index),
      name: `VM${index + 1}`,
      protectedAtMs: nowMs,
      lastSyncAtMs: nowMs,
    }),
  );
  store.transaction(() => {
    for (const [index, record] of records.entries()) {
      store.protections.put(record);
      for (let disk = 0; disk < disksPerVm; disk += 1)
        store.protectedDisks.put(
          protectedDiskRecord({
            vmId: record.vmId,
            diskId: uuid(1000 * (index + 1) + disk),
            name: `disk${disk}.vhdx`,
          }),
        );
    }
  });
  const outage = new ReplicationError(
    'VAULT_UNREACHABLE',
    'The share did not answer within 10 seconds.',
  ).toReport();
  const cycleOf = (vmId: string) => {
    const vm = store.protections.get(vmId)!;
    const failed = random() < 0.01;
    const sentBytes = failed ? 0 : randomBelow(random, 64 * 2 ** 20);
    const latencyMs = failed ? null : 1000 + randomBelow(random, 30_000);
    const outcome = failed ? ('failed' as const) : ('succeeded' as const);
    const cycle = { dueAtMs: nowMs, endedAtMs: nowMs, outcome, sentBytes, latencyMs };
    store.attempts.add({
      vmId,
      atMs: nowMs,
      what: 'cycle',
      outcome,
      error: failed ? outage : null,
      nextAttemptAtMs: null,
    });
    store.cycles.add({ vmId, ...cycle });
    statistics.ended(vm, cycle);
    if (failed) events.error(outage, { vmId, vm: vm.name });
    else store.protections.put({ ...vm, lastSyncAtMs: nowMs, nextCycleAtMs: nowMs + stepMinutes * minuteMs });
    traffic.changed(vmId, sentBytes);
    traffic.sent(vmId, sentBytes, latencyMs ?? 0);
  };
  let sampling = 0;
  let samples = 0;
  const stepMs = stepMinutes * minuteMs;
  while (nowMs < endMs) {
    const byTheMinute = endMs - nowMs <= hoursByTheMinute * 60 * minuteMs;
    nowMs += byTheMinute ? minuteMs : stepMs;
    if (nowMs % stepMs === 0)
      store.relaxed(() => {
        for (const { vmId } of records) cycleOf(vmId);
      });
    const startedAt = performance.now();
    sampler.sample();
    sampling += performance.now() - startedAt;
    samples += 1;
    // What was asked of the volumes is answered between two samples.
    if (samples % 10 === 0) await Promise.resolve();
  }
  store.close();
  log.close();
  return sampling / samples;
};

const uuid = (index: number): string => `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`;
