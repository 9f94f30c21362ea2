import { describe, expect, it } from 'vitest';
import { oracleMissing } from '../support/oracles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { phases, runCrashRounds } from './crash-rounds.ts';

describe.skipIf(oracleMissing('qemu-img'))('an engine that is killed again and again', () => {
  const folder = temporaryFolder();

  it('ends with replicas identical to the quiesced disks, every time, over 50 kills in every phase', async () => {
    const outcome = await runCrashRounds({ directory: folder(), rounds: 50, seed: 20_260_101 });
    expect(outcome.comparisons).toBeGreaterThanOrEqual(16);
    expect(outcome.restores).toBeGreaterThanOrEqual(8);
    for (const phase of phases) expect(outcome.kills[phase]).toBeGreaterThan(0);
  }, 600_000);
});
