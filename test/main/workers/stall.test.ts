import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { StallWatch } from '../../../src/main/workers/stall-watch.ts';
import { WorkerPool } from '../../../src/main/workers/worker-pool.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const minuteMs = 60_000;

describe('work that stands still', () => {
  const watching = () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const watch = new StallWatch(clock, {
      stalled: (id) => told.push(`stalled ${id}`),
      stuck: (id) => {
        told.push(`stuck ${id}`);
        watch.end(id);
      },
    });
    return { clock, told, watch };
  };

  it('is asked to end after ten minutes without progress, and given up a minute later', async () => {
    const { clock, told, watch } = watching();
    watch.begin(1);
    await clock.advance(9 * minuteMs);
    watch.progress(1, 'half');
    await clock.advance(9.5 * minuteMs);
    expect(told).toEqual([]);
    await clock.advance(minuteMs);
    expect(told).toEqual(['stalled 1']);
    await clock.advance(2 * minuteMs);
    expect(told).toEqual(['stalled 1', 'stuck 1']);
  });

  it('is no work that goes on while the clock is set, or the machine sleeps', async () => {
    for (const jumpMs of [3 * 24 * 60 * minuteMs, -3 * 24 * 60 * minuteMs]) {
      const { clock, told, watch } = watching();
      watch.begin(1);
      await clock.advance(minuteMs);
      clock.jump(jumpMs);
      await clock.advance(8 * minuteMs);
      expect(told).toEqual([]);
      await clock.advance(minuteMs);
      expect(told).toEqual(['stalled 1']);
      watch.end(1);
    }
  });

  it('is not moved by being told the same again', async () => {
    const { clock, told, watch } = watching();
    watch.begin(1);
    watch.progress(1, 'half');
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(minuteMs);
      watch.progress(1, 'half');
    }
    expect(told).toEqual(['stalled 1']);
    watch.end(1);
  });

  it('may wait for its turn as long as another task of the thread moves', async () => {
    const { clock, told, watch } = watching();
    watch.begin(1);
    watch.begin(2);
    for (let minute = 0; minute < 30; minute += 1) {
      watch.progress(1, String(minute));
      await clock.advance(minuteMs);
    }
    expect(told).toEqual([]);
    watch.end(1);
    await clock.advance(9 * minuteMs);
    expect(told).toEqual([]);
    await clock.advance(2 * minuteMs);
    expect(told).toContain('stalled 2');
    watch.end(2);
  });

  it('does not excuse a task that has begun by another one that moves', async () => {
    const { clock, told, watch } = watching();
    watch.begin(1);
    watch.begin(2);
    watch.progress(2, 'begun');
    for (let minute = 0; minute < 10; minute += 1) {
      watch.progress(1, String(minute));
      await clock.advance(minuteMs);
    }
    expect(told).toEqual(['stalled 2']);
    watch.end(1);
    watch.end(2);
  });
});

describe('a thread whose task stands still', () => {
  let pool: WorkerPool | null = null;
  afterEach(() => pool?.close());

  const begin = async (diskId: string) => {
    const clock = new FakeClock();
    pool = new WorkerPool(join(import.meta.dirname, '../../support/stuck-workers'), clock);
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const vault = { kind: 'directory' as const, target: 'none', vaultId: 'none' };
    const params = {
      replica: { vault, vmId: 'vm', writer: { installationId: 'here', name: 'here' } },
      source: { diskId, name: 'disk.vhdx', path: 'disk.vhdx', sizeBytes: 2 },
      tracking: { tablePath: 'table', lineage: 'lineage', rootPath: 'disk.vhdx' },
      cut: 1,
      takenAtMs: 0,
    };
    const outcome = pool
      .run('resync', params as never, { onProgress: () => resolve() })
      .catch((error) => error);
    await begun;
    return { clock, outcome };
  };

  it.each([
    ['ends when it is told to', 'quick'],
    ['does not even read messages, and ends with its thread', 'deaf'],
  ])('fails with TIMED_OUT, which is tried again: it %s', async (_case, diskId) => {
    const { clock, outcome } = await begin(diskId);
    await clock.advance(12 * minuteMs);
    expect(await outcome).toMatchObject({
      code: 'TIMED_OUT',
      class: 'recoverable',
      message: 'There was no progress for 10 minutes while comparing a disk with its replica.',
    });
  });
});
