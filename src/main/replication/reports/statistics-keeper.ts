import type { ProtectionRecord } from '../../store/records.ts';
import type { StatisticsState } from '../../store/statistics-table.ts';
import type { Store } from '../../store/store.ts';
import type { EngineSettings } from '../engine-settings.ts';
import { type OffPeriod, offSince } from './engine-off.ts';
import { isSlow, missesTooMany } from './health.ts';
import { hourOf, type Interval, monitoringInterval } from './monitoring-interval.ts';
import {
  addTotals,
  cyclesAreDue,
  noCycles,
  type Slots,
  type StatisticsTotals,
  slotsBetween,
  slotsByPeriod,
  slotsWithin,
} from './statistics.ts';

/** How a cycle ended. */
export interface EndedCycle {
  readonly dueAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: 'succeeded' | 'failed';
  readonly sentBytes: number;
  readonly latencyMs: number | null;
}

/** What became of a VM's cycles within the monitoring interval, or since it was last reset. */
export interface IntervalStatistics {
  readonly fromMs: number;
  readonly totals: StatisticsTotals;
  readonly missedSinceMs: number | null;
  readonly slowSinceMs: number | null;
  /** When no engine ran, until a cycle succeeds after it; `isOver` once one runs again. */
  readonly engineOff: (OffPeriod & { readonly isOver: boolean }) | null;
}

/** Of which the cycles are not counted yet: an engine that is started and stopped without one succeeding. */
const mostOffPeriods = 50;
/** The longest that is looked back for cycles that nobody made: what is kept is no longer. */
const lookBackMs = 32 * 24 * 3_600_000;

/**
 * Counts cycles: those that ended, and those that were due and did not come. A cycle that is due is counted once, whatever
 * becomes of it: a retry that succeeds within its period turns a failure into a success.
 */
export class StatisticsKeeper {
  private readonly store: Store;
  private readonly settings: EngineSettings;

  constructor(store: Store, settings: EngineSettings) {
    this.store = store;
    this.settings = settings;
  }

  /** Counts a cycle, and those due since the last one that nobody made. Within the caller's transaction. */
  ended(vm: ProtectionRecord, cycle: EndedCycle): void {
    const { vmId, frequencySeconds } = vm;
    const state = this.state(vmId);
    const dueAtMs = Math.min(cycle.dueAtMs, cycle.endedAtMs);
    const { countedAtMs, countedFailed } = state;
    const isSame = countedAtMs !== null && dueAtMs - countedAtMs < (frequencySeconds * 1000) / 2;
    if (countedAtMs !== null && !isSame)
      this.countMissed(vm, this.boundedSlots(countedAtMs, dueAtMs, frequencySeconds), state);
    const failed = cycle.outcome === 'failed';
    if (failed) this.count(vmId, dueAtMs, state, { errors: 1, missed: isSame ? 0 : 1 });
    else {
      if (isSame && countedFailed) this.count(vmId, countedAtMs, state, { missed: -1 });
      this.count(vmId, dueAtMs, state, successOf(cycle));
    }
    const nextCountedAtMs = isSame ? countedAtMs : dueAtMs;
    const { lastOff = null, offPeriods = [] } = state;
    this.put({
      ...state,
      countedAtMs: nextCountedAtMs,
      offPeriods: offPeriods.filter(({ toMs }) => toMs > nextCountedAtMs),
      lastOff: failed || (lastOff?.toMs ?? 0) > cycle.endedAtMs ? lastOff : null,
      countedFailed: failed && (countedFailed || !isSame),
    });
  }

  /** No engine ran: the cycles due then are missed, but no sign of trouble. */
  wasOff(vm: ProtectionRecord, period: OffPeriod): void {
    const state = this.state(vm.vmId);
    if (!missesWhileOff(vm, state, period)) return;
    const offPeriods = [...(state.offPeriods ?? []), period].slice(-mostOffPeriods);
    this.put({ ...state, offPeriods, lastOff: period });
  }

  /** Follows what happens between cycles: that none are due any more, and since when too many are missed or slow. */
  follow(vm: ProtectionRecord, nowMs: number): void {
    const state = this.state(vm.vmId);
    if (!cyclesAreDue(vm) && state.countedAtMs !== null) {
      this.countMissed(vm, this.boundedSlots(state.countedAtMs, nowMs, vm.frequencySeconds), state);
      this.put({ ...state, countedAtMs: null, offPeriods: [], lastOff: null });
    }
    const { totals } = this.interval(vm, nowMs);
    const current = this.state(vm.vmId);
    const missedSinceMs = missesTooMany(totals, vm) ? (current.missedSinceMs ?? nowMs) : null;
    const slowSinceMs = isSlow(totals) ? (current.slowSinceMs ?? nowMs) : null;
    if (missedSinceMs !== current.missedSinceMs || slowSinceMs !== current.slowSinceMs)
      this.put({ ...current, missedSinceMs, slowSinceMs });
  }

  /** The statistics of the present monitoring interval, cycles included that are overdue now. */
  interval(vm: ProtectionRecord, nowMs: number): IntervalStatistics {
    const state = this.state(vm.vmId);
    const { fromMs } = this.present(state, nowMs);
    const kept = this.store.statistics.list(vm.vmId, fromMs).reduce<StatisticsTotals>(addTotals, noCycles);
    const off = this.presentOff(vm, state, nowMs);
    const offPeriods = [...(state.offPeriods ?? []), ...(off === null ? [] : [off])];
    const overdue = this.overdue(vm, { ...state, offPeriods }, fromMs, nowMs);
    const lastOff = state.lastOff ?? null;
    return {
      fromMs,
      totals: addTotals(kept, overdue),
      missedSinceMs: state.missedSinceMs,
      slowSinceMs: state.slowSinceMs,
      engineOff:
        off !== null ? { ...off, isOver: false } : lastOff === null ? null : { ...lastOff, isOver: true },
    };
  }

  /** Begins the statistics of a VM anew; the past stays in its history. */
  reset(vmId: string, nowMs: number): void {
    this.put({ ...this.state(vmId), resetAtMs: nowMs, missedSinceMs: null, slowSinceMs: null });
  }

  private present({ resetAtMs }: StatisticsState, nowMs: number): Interval {
    const { fromMs, toMs } = monitoringInterval(this.settings.get('monitoring'), nowMs);
    return { fromMs: resetAtMs === null ? fromMs : Math.max(fromMs, resetAtMs), toMs };
  }

  /** Cycles of the interval that should have come by now and did not: each has a whole period to do so. */
  private overdue(
    vm: ProtectionRecord,
    state: StatisticsState,
    fromMs: number,
    nowMs: number,
  ): Pick<StatisticsTotals, 'missed' | 'whileOff'> {
    const { frequencySeconds } = vm;
    if (state.countedAtMs === null || !cyclesAreDue(vm)) return { missed: 0, whileOff: 0 };
    const untilMs = nowMs - frequencySeconds * 500;
    const all = this.boundedSlots(state.countedAtMs, untilMs, frequencySeconds);
    const slots = slotsWithin(all, { fromMs, toMs: nowMs }, frequencySeconds);
    const whileOff = (state.offPeriods ?? []).reduce(
      (sum, period) => sum + slotsWithin(slots, period, frequencySeconds).count,
      0,
    );
    return { missed: slots.count, whileOff };
  }

  /** Since when no engine has run, where one runs no more and cycles were due since. */
  private presentOff(vm: ProtectionRecord, state: StatisticsState, nowMs: number): OffPeriod | null {
    const since = offSince(this.store, nowMs);
    if (since === null) return null;
    // A cycle by hand is one too.
    const off = { ...since, fromMs: Math.max(since.fromMs, vm.lastSyncAtMs ?? 0) };
    return missesWhileOff(vm, state, off) ? off : null;
  }

  private boundedSlots(countedAtMs: number, untilMs: number, frequencySeconds: number): Slots {
    return slotsBetween(Math.max(countedAtMs, untilMs - lookBackMs), untilMs, frequencySeconds);
  }

  private countMissed(
    { vmId, frequencySeconds }: ProtectionRecord,
    slots: Slots,
    state: StatisticsState,
  ): void {
    const by = (some: Slots) => slotsByPeriod(some, frequencySeconds, (ms) => periodOf(ms, state));
    for (const [fromMs, missed] of by(slots)) this.count(vmId, fromMs, state, { missed });
    for (const period of state.offPeriods ?? [])
      for (const [fromMs, whileOff] of by(slotsWithin(slots, period, frequencySeconds)))
        this.count(vmId, fromMs, state, { whileOff });
  }

  private count(vmId: string, atMs: number, state: StatisticsState, change: Partial<StatisticsTotals>): void {
    const fromMs = periodOf(atMs, state);
    const known = this.store.statistics.get(vmId, fromMs) ?? noCycles;
    this.store.statistics.put({ ...addTotals(known, change), vmId, fromMs });
  }

  private state(vmId: string): StatisticsState {
    return (
      this.store.statisticsState.get(vmId) ?? {
        vmId,
        resetAtMs: null,
        countedAtMs: null,
        countedFailed: false,
        missedSinceMs: null,
        slowSinceMs: null,
      }
    );
  }

  private put(state: StatisticsState): void {
    this.store.statisticsState.put(state);
  }
}

/** Whether a cycle was due while no engine ran. */
const missesWhileOff = (
  vm: ProtectionRecord,
  { countedAtMs }: StatisticsState,
  { fromMs, toMs }: OffPeriod,
): boolean => cyclesAreDue(vm) && countedAtMs !== null && toMs - fromMs >= vm.frequencySeconds * 1000;

/** The period that holds a moment: its hour, in which a reset begins another one. */
const periodOf = (ms: number, { resetAtMs }: StatisticsState): number => {
  const hour = hourOf(ms);
  return resetAtMs !== null && resetAtMs > hour && resetAtMs <= ms ? resetAtMs : hour;
};

const successOf = ({ sentBytes, latencyMs }: EndedCycle): Partial<StatisticsTotals> => {
  const latency = sentBytes === 0 || latencyMs === null ? null : Math.round(latencyMs);
  return {
    done: 1,
    sumBytes: sentBytes,
    maxBytes: sentBytes,
    ...(latency === null ? {} : { sent: 1, sumLatencyMs: latency, maxLatencyMs: latency }),
  };
};
