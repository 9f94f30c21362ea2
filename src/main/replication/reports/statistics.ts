import type { ProtectionRecord } from '../../store/records.ts';
import type { StatisticsRecord } from '../../store/statistics-table.ts';

/** Sums of several periods. */
export type StatisticsTotals = Omit<StatisticsRecord, 'vmId' | 'fromMs'>;

export const noCycles: StatisticsTotals = {
  done: 0,
  missed: 0,
  whileOff: 0,
  errors: 0,
  sumBytes: 0,
  maxBytes: 0,
  sent: 0,
  sumLatencyMs: 0,
  maxLatencyMs: 0,
};

export const addTotals = (a: StatisticsTotals, b: Partial<StatisticsTotals>): StatisticsTotals => ({
  done: a.done + (b.done ?? 0),
  missed: Math.max(0, a.missed + (b.missed ?? 0)),
  whileOff: a.whileOff + (b.whileOff ?? 0),
  errors: a.errors + (b.errors ?? 0),
  sumBytes: a.sumBytes + (b.sumBytes ?? 0),
  maxBytes: Math.max(a.maxBytes, b.maxBytes ?? 0),
  sent: a.sent + (b.sent ?? 0),
  sumLatencyMs: a.sumLatencyMs + (b.sumLatencyMs ?? 0),
  maxLatencyMs: Math.max(a.maxLatencyMs, b.maxLatencyMs ?? 0),
});

/** Mean over the cycles that sent something; null when none did. */
export const averageLatencyMs = ({ sent, sumLatencyMs }: StatisticsTotals): number | null =>
  sent === 0 ? null : sumLatencyMs / sent;

/** Whether cycles of the VM are due: a person paused it, or it needs a copy or a comparison first, and none are. */
export const cyclesAreDue = ({
  pausedAtMs,
  resync,
  committedCut,
}: Pick<ProtectionRecord, 'pausedAtMs' | 'resync' | 'committedCut'>): boolean =>
  pausedAtMs === null && (resync === null || resync.scope === 'disks') && committedCut > 0;

/** Moments that lie a whole number of cycles after `countedAtMs` and more than half a cycle before `untilMs`. */
export interface Slots {
  readonly firstAtMs: number;
  readonly count: number;
}

/** The cycles that were due after the one counted last and before the one due at `untilMs`. */
export const slotsBetween = (countedAtMs: number, untilMs: number, frequencySeconds: number): Slots => {
  const stepMs = frequencySeconds * 1000;
  const count = Math.max(0, Math.round((untilMs - countedAtMs) / stepMs) - 1);
  return { firstAtMs: countedAtMs + stepMs, count };
};

/** Those of the slots that lie in a period, its ends included. */
export const slotsWithin = (
  { firstAtMs, count }: Slots,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  frequencySeconds: number,
): Slots => {
  const stepMs = frequencySeconds * 1000;
  const first = Math.max(0, Math.ceil((fromMs - firstAtMs) / stepMs));
  const last = Math.min(count - 1, Math.floor((toMs - firstAtMs) / stepMs));
  return { firstAtMs: firstAtMs + first * stepMs, count: Math.max(0, last - first + 1) };
};

/** How many of the slots lie in each period; periods are told by the beginning of the one that holds a moment. */
export const slotsByPeriod = (
  { firstAtMs, count }: Slots,
  frequencySeconds: number,
  periodOf: (ms: number) => number,
): Map<number, number> => {
  const periods = new Map<number, number>();
  for (let index = 0; index < count; index += 1) {
    const period = periodOf(firstAtMs + index * frequencySeconds * 1000);
    periods.set(period, (periods.get(period) ?? 0) + 1);
  }
  return periods;
};
