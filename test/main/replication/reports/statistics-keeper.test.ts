import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineSettings } from '../../../../src/main/replication/engine-settings.ts';
import { StatisticsKeeper } from '../../../../src/main/replication/reports/statistics-keeper.ts';
import type { ProtectionRecord } from '../../../../src/main/store/records.ts';
import { openStore, type Store } from '../../../../src/main/store/store.ts';
import { protectionRecord } from '../../../support/records.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const minuteMs = 60_000;
/** 09:00 of local time, when an interval begins. */
const startMs = new Date(2026, 2, 3, 9).getTime();
const vm = protectionRecord();
let store: Store;
let keeper: StatisticsKeeper;

beforeEach(() => {
  store = openStore(join(folder(), 'hvrc.db'));
  store.protections.put(vm);
  keeper = new StatisticsKeeper(store, new EngineSettings(store));
});
afterEach(() => store.close());

const ended = (
  minute: number,
  outcome: 'succeeded' | 'failed' = 'succeeded',
  sentBytes = 100,
  latencyMs = 2000,
) => {
  const atMs = startMs + minute * minuteMs;
  keeper.ended(vm, { dueAtMs: atMs, endedAtMs: atMs + 1000, outcome, sentBytes, latencyMs });
};
const totals = (minute: number, of: ProtectionRecord = vm) =>
  keeper.interval(of, startMs + minute * minuteMs).totals;

describe('the statistics of a VM', () => {
  it('count cycles with their sizes and latencies', () => {
    ended(0, 'succeeded', 300, 4000);
    ended(5, 'succeeded', 100, 2000);
    ended(10, 'succeeded', 0, 0);
    expect(totals(11)).toEqual({
      done: 3,
      missed: 0,
      whileOff: 0,
      errors: 0,
      sumBytes: 400,
      maxBytes: 300,
      sent: 2,
      sumLatencyMs: 6000,
      maxLatencyMs: 4000,
    });
  });

  it('count as missed the cycles that were skipped', () => {
    ended(0);
    ended(20);
    expect(totals(21)).toMatchObject({ done: 2, missed: 3 });
  });

  it('count a failure that a retry makes good within its period as done', () => {
    ended(0);
    ended(5, 'failed');
    expect(totals(6)).toMatchObject({ done: 1, missed: 1, errors: 1 });
    ended(6, 'failed');
    ended(7);
    expect(totals(8)).toMatchObject({ done: 2, missed: 0, errors: 2 });
  });

  it('tell of cycles that are overdue before the next one ends, each after a whole period', () => {
    ended(0);
    expect(totals(9.9).missed).toBe(0);
    expect(totals(10).missed).toBe(1);
    expect(totals(60).missed).toBe(11);
  });

  it('count nothing as missed while the VM is paused, only what was before', () => {
    ended(0);
    const paused = { ...vm, pausedAtMs: startMs };
    store.protections.put(paused);
    keeper.follow(paused, startMs + 10 * minuteMs);
    expect(totals(500, paused).missed).toBe(1);
    ended(600);
    expect(totals(601)).toMatchObject({ done: 2, missed: 1 });
  });

  it('tell which of the missed cycles were due while no engine ran, before and after they are counted', () => {
    ended(0);
    const off = { fromMs: startMs + 6 * minuteMs, toMs: startMs + 66 * minuteMs };
    keeper.wasOff(vm, off);
    expect(keeper.interval(vm, off.toMs)).toMatchObject({
      totals: { done: 1, missed: 12, whileOff: 11 },
      engineOff: { ...off, isOver: true },
    });
    ended(66, 'failed');
    expect(keeper.interval(vm, off.toMs + minuteMs)).toMatchObject({
      totals: { missed: 13, whileOff: 11 },
      engineOff: off,
    });
    ended(67);
    expect(keeper.interval(vm, off.toMs + minuteMs)).toMatchObject({
      totals: { done: 2, missed: 12, whileOff: 11 },
      engineOff: null,
    });
    ended(71);
    expect(totals(72)).toMatchObject({ done: 3, missed: 12, whileOff: 11 });
  });

  it('call no cycle missed for an engine that was away for less than one', () => {
    ended(0);
    keeper.wasOff(vm, { fromMs: startMs + 6 * minuteMs, toMs: startMs + 10 * minuteMs });
    expect(keeper.interval(vm, startMs + 10 * minuteMs).engineOff).toBeNull();
  });

  it('attribute missed cycles to the hours in which they were due', () => {
    ended(0);
    ended(180);
    const missed = store.statistics.list(vm.vmId, 0).map(({ fromMs, missed: count }) => [fromMs, count]);
    expect(missed).toEqual([
      [startMs, 11],
      [startMs + 60 * minuteMs, 12],
      [startMs + 120 * minuteMs, 12],
      [startMs + 180 * minuteMs, 0],
    ]);
  });

  it('begin anew with each interval', () => {
    ended(0);
    ended(719);
    expect(totals(720)).toMatchObject({ done: 0, missed: 0 });
    expect(totals(719)).toMatchObject({ done: 2 });
  });

  it('begin anew when reset, within an hour too; the history keeps what was before', () => {
    ended(0, 'failed');
    ended(5);
    keeper.reset(vm.vmId, startMs + 7 * minuteMs);
    expect(totals(8)).toMatchObject({ done: 0, missed: 0, errors: 0 });
    ended(10);
    expect(totals(11)).toMatchObject({ done: 1, missed: 0 });
    expect(keeper.interval(vm, startMs + 8 * minuteMs).fromMs).toBe(startMs + 7 * minuteMs);
    expect(store.statistics.list(vm.vmId, 0)).toHaveLength(2);
  });

  it('remember since when too many cycles are missed, until they are not any more', () => {
    ended(0);
    keeper.follow(vm, startMs + 40 * minuteMs);
    keeper.follow(vm, startMs + 50 * minuteMs);
    expect(keeper.interval(vm, startMs + 60 * minuteMs).missedSinceMs).toBe(startMs + 40 * minuteMs);
    keeper.reset(vm.vmId, startMs + 61 * minuteMs);
    expect(keeper.interval(vm, startMs + 62 * minuteMs).missedSinceMs).toBeNull();
  });

  it('forget what is older than 32 days', () => {
    ended(0);
    ended(60);
    store.statistics.prune(startMs + 32 * 24 * 60 * minuteMs + 1);
    expect(store.statistics.list(vm.vmId, 0)).toHaveLength(1);
  });
});
