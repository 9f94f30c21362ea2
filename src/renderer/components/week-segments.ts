import type { WeekHours } from '../../contract/week-hours.ts';
import { weekdays } from '../../contract/weekdays.ts';

/** Part of a day, in minutes after midnight. */
export interface DaySegment {
  readonly from: number;
  readonly to: number;
}

export const dayMinutes = 24 * 60;

const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
};

/** `18:30`; midnight at a day's end is the next day's `00:00`. */
export const timeOf = (minutes: number): string => {
  const inDay = minutes % dayMinutes;
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${pad(Math.floor(inDay / 60))}:${pad(inDay % 60)}`;
};

/** For each day of the week, Monday first, the parts of it that lie in the hours; those after midnight are the next day's. */
export const weekSegments = ({ days, from, to }: WeekHours): readonly (readonly DaySegment[])[] => {
  const [start, end] = [minutesOf(from), minutesOf(to)];
  const overMidnight = end <= start;
  return weekdays.map((day, index) => {
    const before = weekdays[(index + 6) % 7]!;
    const segments: DaySegment[] = [];
    if (overMidnight && end > 0 && days.includes(before)) segments.push({ from: 0, to: end });
    if (days.includes(day)) segments.push({ from: start, to: overMidnight ? dayMinutes : end });
    const [morning, evening] = segments;
    // Whole days touch: one bar, not two.
    return morning !== undefined && evening !== undefined && morning.to >= evening.from
      ? [{ from: morning.from, to: evening.to }]
      : segments;
  });
};

/** Hours a week, overlaps counted once. */
export const hoursAWeek = (hours: WeekHours): number =>
  weekSegments(hours)
    .flat()
    .reduce((sum, { from, to }) => sum + to - from, 0) / 60;

export const isOverMidnight = ({ from, to }: WeekHours): boolean => minutesOf(to) <= minutesOf(from);

/** The hours after somebody drew from one time to another on a day's line. */
export const drawn = (
  hours: WeekHours,
  day: WeekHours['days'][number],
  fromMinutes: number,
  toMinutes: number,
): WeekHours => ({
  days: weekdays.filter((known) => known === day || hours.days.includes(known)),
  from: timeOf(Math.min(fromMinutes, toMinutes)),
  to: timeOf(Math.max(fromMinutes, toMinutes)),
});
