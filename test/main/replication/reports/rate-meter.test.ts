import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../../../src/main/replication/reports/rate-meter.ts';

describe('the rate meter', () => {
  it('says nothing until it has watched for half a second', () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    meter.add(400, 1000);
    expect(meter.rate()).toBeNull();
    meter.add(500, 1000);
    expect(meter.rate()).toBe(2000);
  });

  it('forgets what happened more than ten seconds ago', () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 20; second += 1)
      meter.add(second * 1000, second <= 10 ? second * 100 : 1000 + (second - 10) * 500);
    expect(meter.rate()).toBe(500);
    expect(meter.eta(5000)).toBe(10);
  });

  it('gives no remaining time while nothing moves', () => {
    const meter = new RateMeter();
    meter.add(0, 700);
    meter.add(5000, 700);
    expect(meter.rate()).toBe(0);
    expect(meter.eta(1)).toBeNull();
  });
});

describe('a clock that is set back', () => {
  it('is forgotten with what was counted before', () => {
    const meter = new RateMeter();
    for (const second of [100, 101, 102]) meter.add(second * 1000, second * 10);
    for (const second of [1, 2, 3]) meter.add(second * 1000, 1020 + second * 20);
    expect(meter.rate()).toBe(20);
  });
});
