import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TaskKind, Tasks } from '../../../src/main/workers/protocol.ts';
import { type TaskOptions, WorkerPool } from '../../../src/main/workers/worker-pool.ts';
import { engineSite, minuteMs } from '../../support/engine-site.ts';

const makeSite = engineSite();
const workersDirectory = join(import.meta.dirname, '../../../src/main/workers');

/** Scans that take ten minutes each. */
class SlowPool extends WorkerPool {
  private readonly advance: (ms: number) => Promise<void>;

  constructor(advance: (ms: number) => Promise<void>) {
    super(workersDirectory);
    this.advance = advance;
  }

  override async run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options?: TaskOptions,
  ): Promise<Tasks[K]['result']> {
    const result = await super.run(kind, params, options);
    if (kind === 'scan') await this.advance(10 * minuteMs);
    return result;
  }
}

it('a scan that finds nothing vouches for the moment it was taken at, not for the one it ended at', async () => {
  const site = makeSite();
  await site.protect();
  await site.console.stop();
  await site.open(site.data(), new SlowPool((ms) => site.clock.advance(ms)));
  await site.clock.advance(minuteMs);
  const takenAtMs = site.clock.now();
  const touched = new Date(takenAtMs - 30 * minuteMs);
  utimesSync(site.disk('system.vhdx'), touched, touched);
  await site.sync();
  expect(site.clock.now()).toBeGreaterThanOrEqual(takenAtMs + 10 * minuteMs);
  const { lastSyncAt, rpoSeconds } = await site.status();
  expect(Date.parse(lastSyncAt ?? '') - takenAtMs).toBeLessThan(minuteMs);
  expect(rpoSeconds).toBeGreaterThanOrEqual(9 * 60);
});
