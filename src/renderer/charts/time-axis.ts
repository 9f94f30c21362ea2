import type { SeriesRange } from '../../contract/series.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const rangeMs: Readonly<Record<SeriesRange, number>> = {
  '1h': hourMs,
  '24h': dayMs,
  '7d': 7 * dayMs,
  '30d': 30 * dayMs,
};

/** How much of the axis may lie ahead, as a share of the range: a projection needs room, the past more. */
const aheadShare = 0.25;
/** Room beyond the moment that is projected, so that its mark is not cut. */
const spareShare = 0.02;

/** The part of time that every chart of a view shows. */
export interface TimeAxis {
  readonly range: SeriesRange;
  readonly fromMs: number;
  readonly toMs: number;
  /** The present, where the past ends. */
  readonly nowMs: number;
  /** On round local times. */
  readonly ticks: readonly number[];
}

/** Local times that lie on whole multiples of some minutes, hours or days. */
const ticksBetween = (range: SeriesRange, fromMs: number, toMs: number): readonly number[] => {
  const at = new Date(fromMs);
  if (range === '1h') at.setMinutes(0, 0, 0);
  else at.setHours(0, 0, 0, 0);
  const step: Readonly<Record<SeriesRange, () => void>> = {
    '1h': () => at.setMinutes(at.getMinutes() + 10),
    // By the clock on the wall: a day has 23 or 25 hours twice a year.
    '24h': () => at.setHours(at.getHours() + 4),
    '7d': () => at.setDate(at.getDate() + 1),
    '30d': () => at.setDate(at.getDate() + 5),
  };
  const ticks: number[] = [];
  while (at.getTime() <= toMs) {
    if (at.getTime() >= fromMs) ticks.push(at.getTime());
    step[range]();
  }
  return ticks;
};

/**
 * The axis of a range that ends at the last sampled step, drawn on into the future when something is projected there.
 *
 * @param aheadMs the latest moment that is projected; null when none is
 */
export const timeAxis = (
  range: SeriesRange,
  firstMs: number,
  nowMs: number,
  aheadMs: number | null,
): TimeAxis => {
  const length = rangeMs[range];
  const wanted = aheadMs === null ? nowMs : aheadMs + length * spareShare;
  const toMs = Math.max(nowMs, Math.min(wanted, nowMs + length * aheadShare));
  return { range, fromMs: firstMs, toMs, nowMs, ticks: ticksBetween(range, firstMs, toMs) };
};
