/**
 * When hours of the week begin and end, as moments. A span belongs to the day on which it begins. The hours are those
 * of a wall clock, and where that is put forward or back:
 *
 * | case | the span |
 * |---|---|
 * | begins at a time the clock skips | begins when the clock skips it |
 * | begins at a time the clock shows twice | begins at the first |
 * | ends at a time the clock skips | ends when the clock skips it |
 * | ends at a time the clock shows twice | ends at the second |
 * | lies in the skipped time | does not take place that day |
 *
 * Spans that touch or overlap are one: whole days in a row neither close nor open at midnight.
 */

import { Info, type Zone } from 'luxon';
import type { WeekHours } from '../../contract/week-hours.ts';
import { weekdays } from '../../contract/weekdays.ts';

/** A zone of the IANA database, or that of the machine. */
export type ZoneName = string;
export const machineZone: ZoneName = 'system';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** 1970-01-01 was a Thursday. */
const epochWeekday = 3;
/** A span that the clock skips one week takes place in the next. */
const horizonDays = 16;

interface Span {
  readonly startMs: number;
  /** The first moment after it. */
  readonly endMs: number;
}

const offsetMs = (zone: Zone, ms: number): number => zone.offset(ms) * minuteMs;

/** The moment between two at which the clock is put forward or back. */
const changeBetween = (zone: Zone, fromMs: number, toMs: number): number => {
  const before = zone.offset(fromMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offset(middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/** The moment a wall clock reaches `wallMs` (its time, read as if it were UTC); of two the one asked for. */
const momentOf = (zone: Zone, wallMs: number, which: 'first' | 'last'): number => {
  const [fromMs, toMs] = [wallMs - dayMs, wallMs + dayMs];
  const byOldMs = wallMs - offsetMs(zone, fromMs);
  const byNewMs = wallMs - offsetMs(zone, toMs);
  if (byOldMs === byNewMs) return byOldMs;
  const changeMs = changeBetween(zone, fromMs, toMs);
  const wasReached = byOldMs < changeMs;
  const isReached = byNewMs > changeMs;
  if (wasReached && isReached) return which === 'first' ? byOldMs : byNewMs;
  if (wasReached) return byOldMs;
  return isReached ? byNewMs : changeMs;
};

const minutesOf = (timeOfDay: string): number => {
  const [hours, minutes] = timeOfDay.split(':').map(Number);
  return hours! * 60 + minutes!;
};

/** Spans in order, from one that may still be open at `ms` on. */
function* spansAround(hours: WeekHours, ms: number, zone: Zone): Generator<Span> {
  const today = Math.floor((ms + offsetMs(zone, ms)) / dayMs);
  const from = minutesOf(hours.from);
  const to = minutesOf(hours.to);
  const lengthDays = to > from ? 0 : 1;
  const begins = new Set(hours.days.map((day) => weekdays.indexOf(day)));
  // Whole days in a row began before: nothing depends on when.
  for (let day = today - 2; day <= today + horizonDays; day += 1) {
    if (!begins.has((((day + epochWeekday) % 7) + 7) % 7)) continue;
    const startMs = momentOf(zone, day * dayMs + from * minuteMs, 'first');
    const endMs = momentOf(zone, (day + lengthDays) * dayMs + to * minuteMs, 'last');
    if (endMs > startMs) yield { startMs, endMs };
  }
}

/** Whether `ms` lies in the hours. */
export const isOpen = (hours: WeekHours, ms: number, zone: ZoneName = machineZone): boolean => {
  for (const { startMs, endMs } of spansAround(hours, ms, Info.normalizeZone(zone))) {
    if (startMs > ms) return false;
    if (ms < endMs) return true;
  }
  return false;
};

/** The next moment after `ms` from which it is open and was not; `null` if there is none. */
export const nextOpening = (hours: WeekHours, ms: number, zone: ZoneName = machineZone): number | null => {
  let openUntilMs = ms;
  for (const { startMs, endMs } of spansAround(hours, ms, Info.normalizeZone(zone))) {
    if (startMs > ms && startMs > openUntilMs) return startMs;
    openUntilMs = Math.max(openUntilMs, endMs);
  }
  return null;
};

/** The next moment after `ms` from which it is closed and was not; `null` if there is none. */
export const nextClosing = (hours: WeekHours, ms: number, zone: ZoneName = machineZone): number | null => {
  let openUntilMs: number | null = null;
  for (const { startMs, endMs } of spansAround(hours, ms, Info.normalizeZone(zone))) {
    if (openUntilMs !== null && startMs > openUntilMs && openUntilMs > ms) return openUntilMs;
    openUntilMs = Math.max(openUntilMs ?? endMs, endMs);
  }
  const horizonMs = ms + (horizonDays - 2) * dayMs;
  return openUntilMs !== null && openUntilMs > ms && openUntilMs < horizonMs ? openUntilMs : null;
};
