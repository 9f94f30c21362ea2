import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { TakingTurns } from '../../../../src/main/replication/resync/taking-turns.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const never = new AbortController().signal;

/** Work that ends when it is told to, and is done at its `partsNeeded`-th part. */
const longWork = (partsNeeded: number) => {
  const parts: AbortSignal[] = [];
  const work = (signal: AbortSignal): Promise<string> => {
    parts.push(signal);
    if (parts.length === partsNeeded) return Promise.resolve('done');
    return new Promise((_resolve, reject) => {
      const end = () => reject(new ReplicationError('CANCELLED', 'Told to end.'));
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
  };
  return { parts, work };
};

describe('a comparison in parts', () => {
  it('ends its part for a cycle, and goes on after the last one has left', async () => {
    const turns = new TakingTurns(new FakeClock());
    const { parts, work } = longWork(2);
    const done = turns.inParts(work, never);
    const leave = await turns.enter(never);
    const leaveToo = await turns.enter(never);
    expect(parts[0]?.aborted).toBe(true);
    leave();
    leave();
    expect(parts).toHaveLength(1);
    leaveToo();
    expect(await done).toBe('done');
    expect(parts).toHaveLength(2);
  });

  it('has at least as long as the cycle before it took', async () => {
    const clock = new FakeClock();
    const turns = new TakingTurns(clock);
    const leave = await turns.enter(never);
    await clock.advance(5_000);
    leave();
    const { parts, work } = longWork(2);
    const done = turns.inParts(work, never);
    const entered = turns.enter(never);
    await clock.advance(4_999);
    expect(parts[0]?.aborted).toBe(false);
    await clock.advance(1);
    (await entered)();
    expect(await done).toBe('done');
  });

  it.each([3, -3])('keeps no cycle waiting for days when the clock is set by %i days', async (days) => {
    const clock = new FakeClock();
    const turns = new TakingTurns(clock);
    const leave = await turns.enter(never);
    clock.jump(days * 24 * 3_600_000);
    await clock.advance(5_000);
    leave();
    const { work } = longWork(2);
    const done = turns.inParts(work, never);
    clock.jump(days * 24 * 3_600_000);
    const entered = turns.enter(never);
    await clock.advance(30 * 60_000);
    (await entered)();
    expect(await done).toBe('done');
  });

  it('does not go on when it was told to end for good, and passes on what went wrong', async () => {
    const turns = new TakingTurns(new FakeClock());
    const stopping = new AbortController();
    const stopped = turns.inParts(longWork(2).work, stopping.signal);
    stopping.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const broken = () => Promise.reject(new ReplicationError('VAULT_UNREACHABLE', 'Away.'));
    await expect(turns.inParts(broken, never)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
  });
});
