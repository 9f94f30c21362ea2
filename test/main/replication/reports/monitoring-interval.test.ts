import { describe, expect, it } from 'vitest';
import { hourOf, monitoringInterval } from '../../../../src/main/replication/reports/monitoring-interval.ts';

/** Local time. */
const at = (day: number, hour: number, minute = 0) => new Date(2026, 2, day, hour, minute).getTime();
const from = (intervalHours: number, nowMs: number, startHour = 9) =>
  monitoringInterval({ intervalHours, startHour }, nowMs).fromMs;

describe('the monitoring interval', () => {
  it('of 12 hours begins at 09:00 and 21:00 of local time', () => {
    expect(from(12, at(3, 9))).toBe(at(3, 9));
    expect(from(12, at(3, 20, 59))).toBe(at(3, 9));
    expect(from(12, at(3, 21))).toBe(at(3, 21));
    expect(from(12, at(4, 8, 59))).toBe(at(3, 21));
  });

  it('of one hour begins every hour', () => {
    expect(from(1, at(3, 14, 20))).toBe(at(3, 14));
  });

  it('of seven days begins on the same day of each week, whenever it is asked', () => {
    const first = from(168, at(10, 12));
    expect(at(10, 12) - first).toBeLessThan(168 * 3_600_000);
    for (let day = 0; day < 7; day += 1) expect(from(168, first + day * 24 * 3_600_000 + 1)).toBe(first);
    expect(new Date(first).getHours()).toBe(9);
  });

  it('holds the moment that was asked for, whatever the settings', () => {
    for (const intervalHours of [1, 5, 7, 12, 24, 36, 168])
      for (let hour = 0; hour < 400; hour += 1) {
        const nowMs = at(1, 0) + hour * 3_600_000;
        const { fromMs, toMs } = monitoringInterval({ intervalHours, startHour: 9 }, nowMs);
        expect(fromMs).toBeLessThanOrEqual(nowMs);
        expect(toMs).toBeGreaterThan(nowMs);
      }
  });
});

describe('the hour of a moment', () => {
  it('is that of local time', () => {
    expect(hourOf(at(3, 14, 59))).toBe(at(3, 14));
  });
});
