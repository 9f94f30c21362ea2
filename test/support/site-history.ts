import { ReplicationError } from '../../src/contract/errors.ts';
import { dataPaths } from '../../src/main/platform/data-directory.ts';
import { EngineSettings } from '../../src/main/replication/engine-settings.ts';
import { StatisticsKeeper } from '../../src/main/replication/reports/statistics-keeper.ts';
import { preventionOf } from '../../src/main/replication/resync/resync-prevention.ts';
import type { ProtectionRecord } from '../../src/main/store/records.ts';
import type { Sample } from '../../src/main/store/sample-table.ts';
import { openStore, type Store } from '../../src/main/store/store.ts';
import { randomFrom } from './random.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const days = 14;
const bytesPerSecond = 120 * 1024 * 1024;
/** Minutes between attempts while they fail. */
const ladder = [1, 2, 4, 8, 10] as const;
const latestRung = 30;

/** When the vault was away, each time with the attempts that the ladder makes; minutes before the end. */
const outages = [
  { from: 9 * 24 * 60 + 140, minutes: 47 },
  { from: 5 * 60 + 35, minutes: 38 },
] as const;

const unreachable = new ReplicationError(
  'VAULT_UNREACHABLE',
  'The share did not answer within 10 seconds.',
).toReport();

/** Opens the store of a data directory on which no engine runs, writes one story into it, and closes it. */
const tell = (dataDirectory: string, story: (store: Store) => void): void => {
  const store = openStore(dataPaths(dataDirectory).store);
  try {
    store.relaxed(() => story(store));
  } finally {
    store.close();
  }
};

/** A site works by day: so much of the greatest load there is at a moment. */
const loadAt = (ms: number): number => {
  const hours = (ms % dayMs) / hourMs;
  return 0.12 + 0.88 * Math.exp(-(((hours - 12.5) / 4.2) ** 2));
};

const outageAt = (minutesAgo: number) =>
  outages.find(({ from, minutes }) => minutesAgo <= from && minutesAgo > from - minutes);

/** Whether an attempt is due so many minutes into an outage. */
const isAttempt = (sinceMinutes: number): boolean => {
  let at = 0;
  for (const step of ladder) {
    if (at === sinceMinutes) return true;
    at += step;
  }
  return sinceMinutes >= at && (sinceMinutes - at) % latestRung === 0;
};

/**
 * Gives every protected VM of a stopped engine two weeks behind it, through the engine's own tables: a cycle each five
 * minutes with the load of working days, two outages of the vault with their retries, and two resynchronizations.
 */
export const giveHistory = (dataDirectory: string, endMs: number): void =>
  tell(dataDirectory, (store) => {
    const statistics = new StatisticsKeeper(store, new EngineSettings(store));
    for (const [index, vm] of store.protections.list().entries())
      giveVmHistory(store, statistics, vm, endMs, randomFrom(index + 1));
  });

const giveVmHistory = (
  store: Store,
  statistics: StatisticsKeeper,
  vm: ProtectionRecord,
  endMs: number,
  random: () => number,
): void => {
  const { vmId, name } = vm;
  const [disk] = store.protectedDisks.list(vmId);
  if (disk === undefined) throw new Error(`${name} has no disks.`);
  const most = Math.min(disk.sizeBytes / 20, 96 * 2 ** 20);
  forgetSamples(store, vm);
  for (const daysAgo of [11, 4]) addResync(store, vm, endMs - daysAgo * dayMs, disk.sizeBytes);
  let pending = 0;
  let lastSyncAtMs = endMs - days * dayMs;
  for (let minutesAgo = days * 24 * 60; minutesAgo > 0; minutesAgo -= 1) {
    const nowMs = endMs - minutesAgo * minuteMs;
    pending += Math.round((most / 5) * loadAt(nowMs) * random() * random() * 2);
    const outage = outageAt(minutesAgo);
    const since = outage === undefined ? 0 : outage.from - minutesAgo;
    const sent: Sample[] = [];
    if (outage === undefined ? minutesAgo % 5 === 0 : isAttempt(since)) {
      const latencyMs = 900 + Math.round((pending / bytesPerSecond) * 1000 * (1 + random()));
      const isGood = outage === undefined;
      const sentBytes = isGood ? pending : 0;
      const outcome = isGood ? ('succeeded' as const) : ('failed' as const);
      const cycle = { dueAtMs: nowMs, endedAtMs: nowMs + latencyMs, outcome, sentBytes, latencyMs };
      statistics.ended(vm, { ...cycle, latencyMs: isGood ? latencyMs : null });
      store.cycles.add({ vmId, ...cycle, latencyMs: isGood ? latencyMs : null });
      addAttempt(store, vm, nowMs, isGood ? null : (nextStep(since) ?? latestRung));
      if (isGood) {
        const speed = bytesPerSecond * (0.6 + 0.4 * random());
        sent.push(
          { kind: 'sent', subject: '', value: pending },
          { kind: 'sending', subject: '', value: Math.max(1, Math.round((pending / speed) * 1000)) },
        );
        pending = 0;
        lastSyncAtMs = nowMs;
      }
    }
    store.samples.add(vmId, nowMs, [
      { kind: 'rpo', subject: '', value: Math.round((nowMs - lastSyncAtMs) / 1000) + 2 },
      { kind: 'log', subject: disk.diskId, value: outage === undefined ? 0 : pending },
      ...sent,
    ]);
  }
  store.protections.put({ ...vm, protectedAtMs: endMs - days * dayMs });
};

/** The first copy, sent a moment ago, would dwarf two weeks of changes: its samples go with the protection. */
const forgetSamples = (store: Store, vm: ProtectionRecord): void => {
  const disks = store.protectedDisks.list(vm.vmId);
  store.protections.remove(vm.vmId);
  store.protections.put(vm);
  for (const disk of disks) store.protectedDisks.put(disk);
};

const nextStep = (sinceMinutes: number): number | undefined => {
  let at = 0;
  for (const step of ladder) {
    if (at >= sinceMinutes) return step;
    at += step;
  }
  return undefined;
};

const addAttempt = (
  store: Store,
  { vmId }: ProtectionRecord,
  atMs: number,
  retryMinutes: number | null,
): void => {
  const failed = retryMinutes !== null;
  store.attempts.add({
    vmId,
    startedAtMs: atMs,
    atMs: atMs + 1400,
    what: 'cycle',
    outcome: failed ? 'failed' : 'succeeded',
    error: failed ? unreachable : null,
    nextAttemptAtMs: failed ? atMs + 1400 + retryMinutes * minuteMs : null,
  });
};

const addResync = (store: Store, { vmId, name }: ProtectionRecord, atMs: number, sizeBytes: number): void => {
  const comparedBlocks = Math.ceil(sizeBytes / 2 ** 20);
  const differentBlocks = Math.ceil(comparedBlocks * 0.07);
  store.resyncs.add({
    vmId,
    vm: name,
    code: 'HRL_THRESHOLD',
    message: 'The replication log reached 50 % of the disk.',
    prevention: preventionOf('HRL_THRESHOLD'),
    disk: null,
    markedAtMs: atMs,
    byHand: false,
    resolvedAtMs: atMs + 5 * hourMs,
    outcome: {
      comparedBlocks,
      differentBlocks,
      sentBytes: differentBlocks * 2 ** 20,
      durationMs: Math.round(sizeBytes / (90 * 1024)),
    },
  });
};

/**
 * Lets a VM of a stopped engine have failed since 25 minutes ago, as often as the ladder says: the attempt that is due
 * now is the engine's own, and so is what it finds.
 * @param logBytes what its first disk's log has grown to meanwhile
 */
export const giveOutage = (dataDirectory: string, vmName: string, endMs: number, logBytes: number): void =>
  tell(dataDirectory, (store) => {
    const vm = store.protections.list().find(({ name }) => name === vmName);
    const [disk] = vm === undefined ? [] : store.protectedDisks.list(vm.vmId);
    if (vm === undefined || disk === undefined) throw new Error(`${vmName} is not protected.`);
    const minutes = ladder.reduce<number>((sum, step) => sum + step, 0);
    const firstFailureAtMs = endMs - minutes * minuteMs;
    const lastSyncAtMs = firstFailureAtMs - 5 * minuteMs;
    for (let minute = 0; minute <= minutes; minute += 1)
      store.samples.add(vm.vmId, firstFailureAtMs + minute * minuteMs, [
        { kind: 'rpo', subject: '', value: (5 + minute) * 60 },
        { kind: 'log', subject: disk.diskId, value: Math.round((logBytes * minute) / minutes) },
      ]);
    let atMs = firstFailureAtMs;
    for (const step of ladder) {
      addAttempt(store, vm, atMs, step);
      atMs += step * minuteMs;
    }
    store.protections.put({
      ...vm,
      lastSyncAtMs,
      nextCycleAtMs: endMs,
      retry: { attempts: ladder.length, firstFailureAtMs, nextAttemptAtMs: endMs, lastError: unreachable },
    });
  });
