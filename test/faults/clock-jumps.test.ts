import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskKind } from '../../src/main/workers/protocol.ts';
import { minuteMs } from '../support/engine-site.ts';
import { FaultSite, frequencySeconds } from './fault-site.ts';

const dayMs = 24 * 60 * minuteMs;

const jumps = [
  ['three days forwards', 3 * dayMs],
  ['three days back', -3 * dayMs],
  ['thirty days forwards', 30 * dayMs],
  ['thirty days back', -30 * dayMs],
] as const;

/** The clock jumps as a task of that kind begins. */
const jumpAt = (at: FaultSite, kind: TaskKind, ms: number): void => {
  at.pool.begun = (begun) => {
    if (begun !== kind) return;
    at.pool.begun = () => undefined;
    at.clock.jump(ms);
  };
};

const moments: Readonly<Record<string, (at: FaultSite, ms: number) => Promise<void>>> = {
  'between two cycles': async (at, ms) => at.clock.jump(ms),
  'in the middle of a first copy': async (at, ms) => {
    await at.flow(at.unprotect());
    jumpAt(at, 'initial', ms);
    await at.flow(at.protect());
    await at.flow(at.initialDone());
  },
  'in the middle of a scan': async (at, ms) => {
    jumpAt(at, 'scan', ms);
    await at.flow(at.site.sync());
  },
  'in the middle of a delta': async (at, ms) => {
    jumpAt(at, 'send', ms);
    await at.flow(at.site.sync());
  },
  'in the middle of a resynchronization': async (at, ms) => {
    jumpAt(at, 'resync', ms);
    expect(await at.flow(at.site.resync())).toMatchObject({ differentBlocks: expect.any(Number) });
  },
  'while it is paused': async (at, ms) => {
    await at.site.console.request('pause', { vm: 'SRV1' });
    at.clock.jump(ms);
    await at.clock.advance(frequencySeconds * 1000);
    await at.site.console.request('resume', { vm: 'SRV1' });
  },
  'while a retry waits': async (at, ms) => {
    const heal = at.takeAway(at.site.vault);
    const failed = at.event(({ code }) => code === 'VAULT_UNREACHABLE');
    await at.clock.advance(frequencySeconds * 1000);
    await at.flow(failed);
    heal();
    at.clock.jump(ms);
  },
};

describe.each(jumps)('a clock that jumps %s', (_, ms) => {
  let at: FaultSite;
  beforeAll(async () => {
    at = new FaultSite();
    await at.open();
  });
  afterAll(() => at.close());

  const attempts = async (): Promise<number> =>
    (await at.site.console.request('retries', { vm: 'SRV1', limit: 1000 })).past.length;

  it.each(Object.entries(moments))(
    '%s neither holds replication up nor lets loose a storm',
    async (_, jump) => {
      await at.write();
      await jump(at, ms);
      const before = await attempts();
      // A sleeper looks at the clock again within a minute, and what is late is done then.
      await at.clock.advance(minuteMs);
      await at.quiet();
      expect(await at.flow(at.site.verify())).toMatchObject({ identical: true });
      for (let cycle = 1; cycle <= 2; cycle += 1) {
        await at.write();
        await at.clock.advance(frequencySeconds * 1000);
        await at.quiet();
      }
      expect(await at.flow(at.site.verify())).toMatchObject({ identical: true });
      expect((await attempts()) - before).toBeLessThanOrEqual(4);
      await at.site.console.request('vm.statistics.reset', { vm: 'SRV1' });
      expect(await at.status()).toMatchObject({ state: 'Replicating', healthReasons: [], retry: null });
      expect((await at.status()).rpoSeconds).toBeLessThanOrEqual(frequencySeconds);
      await at.passUntil((alerts) => alerts.length === 0, 30);
    },
  );
});
