import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Mutex } from '../../../src/main/replication/mutex.ts';

describe('a mutex', () => {
  it('runs one thing at a time, in the order asked, failures included', async () => {
    const mutex = new Mutex();
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await setImmediate();
      order.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
    };
    const done = await Promise.allSettled(['a', 'b', 'c'].map((name) => mutex.run(work(name))));
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('lets who gave up waiting go at once, and keeps the order of the others', async () => {
    const mutex = new Mutex();
    const first = Promise.withResolvers<void>();
    const order: number[] = [];
    const running = mutex.run(() => first.promise);
    const impatient = new AbortController();
    const cancelled = mutex.run(async () => order.push(2), impatient.signal);
    const third = mutex.run(async () => order.push(3));
    impatient.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    await setImmediate();
    expect(order).toEqual([]);
    first.resolve();
    await Promise.all([running, third]);
    expect(order).toEqual([3]);
    await expect(mutex.run(async () => 4, impatient.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await mutex.run(async () => 5)).toBe(5);
  });
});
