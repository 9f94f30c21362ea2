import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/contract/job-reports.ts';
import { trackingBlockBytes } from '../../src/main/block/tracking-block.ts';
import { AzureSite, bytesSentTwice, isPageWrite } from '../support/azure-site.ts';
import { mebibyte } from '../support/engine-site.ts';

type Work = 'initial' | 'sync' | 'resync';

let at: AzureSite;
let copying = 0;
beforeAll(async () => {
  at = await AzureSite.open();
  copying = await at.protect();
  await at.site.finish(copying);
});
afterAll(() => at.close());
beforeEach(() => at.proxy.reset());

/** The disks have something to send. */
const prepare = async (what: Work): Promise<void> => {
  if (what !== 'initial') return at.write(12);
  await at.unprotect();
  copying = await at.protect();
};

/** Does it, or makes one attempt at the first copy; its job afterwards. */
const attempt = async (what: Work): Promise<JobReport> =>
  at.site.failure(what === 'initial' ? copying : (await at.site.console.request(what, { vm: 'SRV1' })).id);

/** Lets so many page writes through; then the account goes away, until the answer is called. */
const goAway = (after: number, away: () => Promise<void>, back: () => Promise<void>) => {
  let writes = 0;
  let outage: Promise<void> | null = null;
  at.proxy.fate = (request) => {
    if (isPageWrite(request)) writes += 1;
    if (writes > after) outage ??= away();
    return outage === null ? 'pass' : 'break';
  };
  return async () => {
    expect(outage).not.toBeNull();
    await outage;
    at.proxy.fate = () => 'pass';
    await back();
  };
};

const outages: Readonly<Record<string, readonly [() => Promise<void>, () => Promise<void>]>> = {
  'whose port is blocked and opened again': [() => at.proxy.block(), () => at.proxy.unblock()],
  'that is stopped and started again': [() => at.azurite.stop(), () => at.azurite.restart()],
};
/** After how many writes it happens, and what one of them holds: four are in flight. */
const works: readonly (readonly [string, Work, number, number])[] = [
  ['a first copy', 'initial', 7, mebibyte],
  ['a delta', 'sync', 9, trackingBlockBytes],
  ['a resynchronization', 'resync', 9, trackingBlockBytes],
];

describe.each(Object.entries(outages))('an account %s in the middle of', (_, [away, back]) => {
  it.each(works)(
    '%s gets nothing twice but what was in flight, and ends identical',
    async (_what, work, after, writeBytes) => {
      await prepare(work);
      const heal = goAway(after, away, back);
      expect((await attempt(work)).error?.code).toBe('VAULT_UNREACHABLE');
      expect((await at.site.status()).retry).toMatchObject({ attempts: 1 });
      await heal();
      expect((await attempt(work)).error).toBeNull();
      expect(bytesSentTwice(at.proxy.done)).toBeLessThanOrEqual(4 * writeBytes);
      expect(await at.isIdentical()).toBe(true);
    },
  );
});

describe('an account that is killed and forgets what it acknowledged, in the middle of', () => {
  it.each(works)('%s is brought back to the disks', async (_what, work, after) => {
    await prepare(work);
    // What was there before, it has saved.
    await at.azurite.stop();
    await at.azurite.restart();
    const kill = () => at.azurite.kill();
    const heal = goAway(after, kill, () => at.azurite.restart());
    const failed = await attempt(work);
    expect(failed.error?.code).toBe('VAULT_UNREACHABLE');
    await heal();
    const { error } = await attempt(work);
    if (error !== null) {
      expect(['HRL_OUT_OF_SEQUENCE', 'REPLICA_INVALID', 'REPLICA_MISSING']).toContain(error.code);
      await at.site.resync();
    }
    await at.site.sync();
    expect(await at.isIdentical()).toBe(true);
    expect(await at.site.status()).toMatchObject({ state: 'Replicating', resync: null, retry: null });
  });
});
