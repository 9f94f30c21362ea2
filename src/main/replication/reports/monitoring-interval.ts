import type { Settings } from '../../../contract/settings.ts';

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

const hourMs = 3_600_000;

/**
 * The monitoring interval that holds a moment: intervals follow each other from the start hour of local time
 * (replication-rules.md, Health). Those of a day or less begin anew at that hour of each day; those of several days are
 * counted from 1 January 2024, so that they do not depend on when the engine was started.
 */
export const monitoringInterval = (
  { intervalHours, startHour }: Pick<Settings['monitoring'], 'intervalHours' | 'startHour'>,
  nowMs: number,
): Interval => {
  const anchor = lastAnchor(startHour, Math.ceil(intervalHours / 24), nowMs);
  const fromMs = anchor + Math.floor((nowMs - anchor) / (intervalHours * hourMs)) * intervalHours * hourMs;
  return { fromMs, toMs: fromMs + intervalHours * hourMs };
};

/** The last start hour at or before the moment, on every `days`th day. */
const lastAnchor = (startHour: number, days: number, nowMs: number): number => {
  const at = new Date(nowMs);
  at.setHours(startHour, 0, 0, 0);
  if (at.getTime() > nowMs) at.setDate(at.getDate() - 1);
  if (days > 1) {
    const dayNumber = Math.round(
      (Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(2024, 0, 1)) / (24 * hourMs),
    );
    at.setDate(at.getDate() - (((dayNumber % days) + days) % days));
  }
  return at.getTime();
};

/** The beginning of the hour of local time that holds a moment: not all zones are whole hours from UTC. */
export const hourOf = (ms: number): number => new Date(ms).setMinutes(0, 0, 0);
