import { describe, expect, it } from 'vitest';
import { forecastThreshold } from '../../../../src/main/replication/tracking/log-projection.ts';

const minuteMs = 60_000;
const every = (stepMs: number, ...bytes: number[]) =>
  bytes.map((size, index) => ({ atMs: index * stepMs, bytes: size }));

describe('the forecast of when a log reaches its threshold', () => {
  it('follows the rate at which the log grew', () => {
    expect(forecastThreshold(every(minuteMs, 0, 600, 1200, 1800), 6000)).toEqual({
      growthBytesPerSecond: 10,
      thresholdAtMs: 10 * minuteMs,
    });
  });

  it('begins anew where the log shrank, since what is sent gives its space back', () => {
    const sizes = every(minuteMs, 50_000, 90_000, 0, 600, 1200);
    expect(forecastThreshold(sizes, 6000)).toEqual({
      growthBytesPerSecond: 10,
      thresholdAtMs: 12 * minuteMs,
    });
  });

  it('looks no further back than an hour', () => {
    const sizes = [{ atMs: 0, bytes: 0 }, ...every(minuteMs, 7000, 7600, 8200)].map(
      ({ atMs, bytes }, index) => ({
        atMs: index === 0 ? 0 : atMs + 120 * minuteMs,
        bytes,
      }),
    );
    expect(forecastThreshold(sizes, 10_000)).toMatchObject({ growthBytesPerSecond: 10 });
  });

  it.each([
    ['nothing is known', []],
    ['the log was just emptied', every(minuteMs, 100, 200, 0)],
    ['it stands still', every(minuteMs, 500, 500, 500)],
    ['it grew for less than two minutes', every(minuteMs, 0, 100)],
    ['it would take more than a year', every(minuteMs, 0, 1, 2)],
  ])('is none when %s', (_, sizes) => {
    expect(forecastThreshold(sizes, 10 ** 9)).toBeNull();
  });

  it('is now when the threshold has been passed', () => {
    const [, , last] = every(minuteMs, 0, 600, 1200);
    expect(forecastThreshold(every(minuteMs, 0, 600, 1200), 1000)?.thresholdAtMs).toBe(last!.atMs);
  });
});
