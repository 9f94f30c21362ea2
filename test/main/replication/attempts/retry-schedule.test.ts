import { describe, expect, it } from 'vitest';
import {
  isExhausted,
  nextAttemptAtMs,
  plausibleMoment,
  projectAttempts,
} from '../../../../src/main/replication/attempts/retry-schedule.ts';

const minute = 60_000;

describe('the retry schedule', () => {
  it('tries again 1, 2, 4, 8 and 10 minutes apart, then every 30', () => {
    const moments: number[] = [];
    let now = 0;
    for (let attempts = 1; attempts <= 8; attempts += 1) {
      now = nextAttemptAtMs(0, attempts, now);
      moments.push(now / minute);
    }
    expect(moments).toEqual([1, 3, 7, 15, 25, 55, 85, 115]);
  });

  it('counts from the start of the first attempt, however long the attempts take', () => {
    expect(nextAttemptAtMs(0, 1, 0.5 * minute)).toBe(1 * minute);
    expect(nextAttemptAtMs(0, 2, 2.9 * minute)).toBe(3 * minute);
  });

  it('skips the slots that a long attempt has overrun', () => {
    expect(nextAttemptAtMs(0, 1, 5 * minute)).toBe(7 * minute);
    expect(nextAttemptAtMs(0, 1, 7 * minute)).toBe(15 * minute);
  });

  it('is never further away than its step, whatever the clock did', () => {
    const day = 24 * 60 * minute;
    expect(nextAttemptAtMs(day, 3, minute)).toBe(5 * minute);
    expect(nextAttemptAtMs(day, 9, minute)).toBe(31 * minute);
    expect(nextAttemptAtMs(0, 3, day) - day).toBeLessThanOrEqual(30 * minute);
  });

  it('takes a moment that was set before the clock went back for due', () => {
    expect(plausibleMoment(10, 4, 30)).toBe(10);
    expect(plausibleMoment(35, 4, 30)).toBe(4);
  });

  it('can be told ahead', () => {
    expect(projectAttempts(0, 1, minute, 6).map((at) => at / minute)).toEqual([1, 3, 7, 15, 25, 55]);
    expect(projectAttempts(0, 6, 55 * minute, 3).map((at) => at / minute)).toEqual([55, 85, 115]);
  });

  it('is exhausted once only the half-hourly attempts are left', () => {
    expect([1, 5, 6, 7].map(isExhausted)).toEqual([false, false, true, true]);
  });
});
