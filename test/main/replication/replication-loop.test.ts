import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { ReplicationLoop } from '../../../src/main/replication/replication-loop.ts';
import { Stumbles } from '../../../src/main/replication/reports/stumbles.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const minuteMs = 60_000;

it('a turn that the engine itself fails at is tried again every minute, known of since the first time, and forgotten once it works', async () => {
  const clock = new FakeClock();
  const stumbles = new Stumbles();
  const told: string[] = [];
  const stopping = new AbortController();
  const startMs = clock.now();
  let turns = 0;
  const context = {
    clock,
    stumbles,
    log: pino({ enabled: false }),
    statusChanged: (id: string) => told.push(id),
  };
  const loop = new ReplicationLoop(context, 'vm-1', async (sleep) => {
    turns += 1;
    if (turns === 3) return;
    if (turns > 3) return sleep(Number.POSITIVE_INFINITY);
    throw new ReplicationError('VOLUME_LOW_SPACE', `There is no room, ${turns}.`);
  });
  loop.start(stopping.signal);
  await clock.advance(1);
  expect(stumbles.of('vm-1')).toMatchObject({ sinceMs: startMs, error: { code: 'VOLUME_LOW_SPACE' } });
  await clock.advance(minuteMs);
  expect(turns).toBe(2);
  expect(stumbles.of('vm-1')).toMatchObject({ sinceMs: startMs, error: { message: 'There is no room, 2.' } });
  expect(stumbles.of('vm-2')).toBeNull();
  await clock.advance(minuteMs);
  expect(turns).toBe(4);
  expect(stumbles.of('vm-1')).toBeNull();
  expect(told).toEqual(['vm-1', 'vm-1', 'vm-1']);
  stopping.abort();
  await loop.ended();
});
