import { describe, expect, it } from 'vitest';
import { BlobPacer, serviceBlobLimits } from '../../../../src/main/vault/azure/blob-pacer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** How many requests of `bytes` leave in each second. */
const perSecond = async (bytes: number, seconds: number): Promise<number[]> => {
  const clock = new FakeClock();
  const pacer = new BlobPacer(serviceBlobLimits, clock);
  let sent = 0;
  let isOver = false;
  const sender = async () => {
    while (!isOver) {
      await pacer.admit(bytes);
      sent += 1;
    }
  };
  const senders = Promise.all([sender(), sender(), sender(), sender()]);
  const counts: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const before = sent;
    await clock.advance(1_000);
    counts.push(sent - before);
  }
  isOver = true;
  await clock.advance(1_000);
  await senders;
  return counts;
};

describe('the requests for one page blob', () => {
  it('are at most 500 a second', async () => {
    for (const count of (await perSecond(512, 3)).slice(1)) {
      expect(count).toBeLessThanOrEqual(505);
      expect(count).toBeGreaterThanOrEqual(490);
    }
  });

  it('carry at most 60 MiB a second', async () => {
    for (const count of (await perSecond(4 * 1024 * 1024, 4)).slice(1)) {
      expect(count).toBeLessThanOrEqual(16);
      expect(count).toBeGreaterThanOrEqual(14);
    }
  });

  it('are as many as they like where the service has no limits', async () => {
    const pacer = new BlobPacer(null, new FakeClock());
    for (let index = 0; index < 5_000; index += 1) await pacer.admit(4 * 1024 * 1024);
  });
});

describe('a clock that is set back', () => {
  it('holds no request for days', async () => {
    const clock = new FakeClock();
    const pacer = new BlobPacer(serviceBlobLimits, clock);
    await pacer.admit(4096);
    clock.jump(-3 * 24 * 3_600_000);
    const admitted = pacer.admit(4096);
    await clock.advance(1_000);
    await admitted;
  });
});
