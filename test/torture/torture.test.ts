import { describe, expect, it } from 'vitest';
import { oracleMissing } from '../support/oracles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { phases, runCrashRounds } from './crash-rounds.ts';
import { runResyncRounds } from './resync-rounds.ts';

describe.skipIf(oracleMissing('qemu-img'))('an engine that is killed again and again', () => {
  const folder = temporaryFolder();

  it('ends with replicas identical to the quiesced disks, every time, over 50 kills in every phase', async () => {
    const outcome = await runCrashRounds({ directory: folder(), rounds: 50, seed: 20_260_101 });
    expect(outcome.comparisons).toBeGreaterThanOrEqual(16);
    expect(outcome.restores).toBeGreaterThanOrEqual(8);
    for (const phase of phases) expect(outcome.kills[phase]).toBeGreaterThan(0);
  }, 600_000);

  it('ends likewise when it resynchronizes, is killed and loses its vault while the guests write', async () => {
    const outcome = await runResyncRounds({ directory: folder(), rounds: 10, seed: 20_260_202 });
    expect(outcome).toMatchObject({ kills: 5, vaultFaults: 5, comparisons: 2 });
    expect(outcome.resumed).toBeGreaterThan(0);
  }, 300_000);
});
