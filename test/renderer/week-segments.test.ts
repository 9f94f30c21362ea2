import { describe, expect, it } from 'vitest';
import { weekdays } from '../../src/contract/weekdays.ts';
import {
  drawn,
  hoursAWeek,
  isOverMidnight,
  weekSegments,
} from '../../src/renderer/components/week-segments.ts';

const nights = { days: [...weekdays], from: '18:30', to: '06:00' };

describe('the hours of a week as they are drawn', () => {
  it('end on the next day when they last over midnight, and Sunday’s on Monday', () => {
    const weekend = weekSegments({ days: ['sun'], from: '18:30', to: '06:00' });
    expect(weekend[6]).toEqual([{ from: 1110, to: 1440 }]);
    expect(weekend[0]).toEqual([{ from: 0, to: 360 }]);
    expect(weekend[3]).toEqual([]);
    expect(weekSegments(nights)[2]).toEqual([
      { from: 0, to: 360 },
      { from: 1110, to: 1440 },
    ]);
  });

  it('stay within the day when they end later in it, or at midnight', () => {
    expect(weekSegments({ days: ['mon'], from: '09:00', to: '17:30' })[0]).toEqual([{ from: 540, to: 1050 }]);
    const evening = weekSegments({ days: ['mon'], from: '20:00', to: '00:00' });
    expect(evening.flat()).toEqual([{ from: 1200, to: 1440 }]);
  });

  it('are one bar where a whole day touches the next', () => {
    expect(weekSegments({ days: ['mon', 'tue'], from: '08:00', to: '08:00' })[1]).toEqual([
      { from: 0, to: 1440 },
    ]);
  });

  it.each([
    [nights, 80.5],
    [{ days: ['mon'], from: '09:00', to: '17:30' }, 8.5],
    [{ days: [...weekdays], from: '07:00', to: '07:00' }, 168],
    [{ days: [], from: '07:00', to: '08:00' }, 0],
  ] as const)('of %j are %d in all', (hours, sum) => {
    expect(hoursAWeek({ ...hours, days: [...hours.days] })).toBe(sum);
  });

  it('say whether they end on the next day', () => {
    expect(isOverMidnight(nights)).toBe(true);
    expect(isOverMidnight({ days: ['mon'], from: '09:00', to: '17:00' })).toBe(false);
  });

  it('are those that were drawn, in either direction, and the day’s line belongs to them', () => {
    const before = { days: ['fri' as const], from: '01:00', to: '02:00' };
    expect(drawn(before, 'mon', 600, 480)).toEqual({ days: ['mon', 'fri'], from: '08:00', to: '10:00' });
    expect(drawn(before, 'fri', 1200, 1440)).toEqual({ days: ['fri'], from: '20:00', to: '00:00' });
  });
});
