import type { ProtectionRecord } from '../store/records.ts';
import type { StatisticsState } from '../store/statistics-table.ts';
import type { Store } from '../store/store.ts';
import type { EngineSettings } from './engine-settings.ts';
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
}

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
    this.put({
      ...state,
      countedAtMs: isSame ? countedAtMs : dueAtMs,
      countedFailed: failed && (countedFailed || !isSame),
    });
  }

  /** Follows what happens between cycles: that none are due any more, and since when too many are missed or slow. */
  follow(vm: ProtectionRecord, nowMs: number): void {
    const state = this.state(vm.vmId);
    if (!cyclesAreDue(vm) && state.countedAtMs !== null) {
      this.countMissed(vm, this.boundedSlots(state.countedAtMs, nowMs, vm.frequencySeconds), state);
      this.put({ ...state, countedAtMs: null });
    }
    const { totals } = this.interval(vm, nowMs);
    const current = this.state(vm.vmId);
    const missedSinceMs = missesTooMany(totals) ? (current.missedSinceMs ?? nowMs) : null;
    const slowSinceMs = isSlow(totals) ? (current.slowSinceMs ?? nowMs) : null;
    if (missedSinceMs !== current.missedSinceMs || slowSinceMs !== current.slowSinceMs)
      this.put({ ...current, missedSinceMs, slowSinceMs });
  }

  /** The statistics of the present monitoring interval, cycles included that are overdue now. */
  interval(vm: ProtectionRecord, nowMs: number): IntervalStatistics {
    const state = this.state(vm.vmId);
    const { fromMs } = this.present(state, nowMs);
    const kept = this.store.statistics.list(vm.vmId, fromMs).reduce<StatisticsTotals>(addTotals, noCycles);
    const overdue = this.overdue(vm, state, fromMs, nowMs);
    return {
      fromMs,
      totals: addTotals(kept, { missed: overdue }),
      missedSinceMs: state.missedSinceMs,
      slowSinceMs: state.slowSinceMs,
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
  private overdue(vm: ProtectionRecord, state: StatisticsState, fromMs: number, nowMs: number): number {
    const { frequencySeconds } = vm;
    if (state.countedAtMs === null || !cyclesAreDue(vm)) return 0;
    const untilMs = nowMs - frequencySeconds * 500;
    const { firstAtMs, count } = this.boundedSlots(state.countedAtMs, untilMs, frequencySeconds);
    const before = Math.ceil(Math.max(0, fromMs - firstAtMs) / (frequencySeconds * 1000));
    return Math.max(0, count - before);
  }

  private boundedSlots(countedAtMs: number, untilMs: number, frequencySeconds: number): Slots {
    return slotsBetween(Math.max(countedAtMs, untilMs - lookBackMs), untilMs, frequencySeconds);
  }

  private countMissed(
    { vmId, frequencySeconds }: ProtectionRecord,
    slots: Slots,
    state: StatisticsState,
  ): void {
    const periods = slotsByPeriod(slots, frequencySeconds, (ms) => periodOf(ms, state));
    for (const [fromMs, missed] of periods) this.count(vmId, fromMs, state, { missed });
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
