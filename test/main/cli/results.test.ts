import { describe, expect, it } from 'vitest';
import type { CycleResult } from '../../../src/contract/job-reports.ts';
import { describeResult } from '../../../src/main/cli/results.ts';

const cycle = (changedBytes: number, sentBytes: number): CycleResult => ({
  kind: 'cycle',
  vm: 'WEB01',
  changedBytes,
  sentBytes,
  blocksCompared: 10,
  blocksChanged: 1,
  durationMs: 400,
  consistency: 'crash',
  point: null,
});

describe('what a cycle came to', () => {
  it('names what changed and what was sent', () => {
    expect(describeResult(cycle(4096, 4160))).toBe(
      '4.00 KB changed, 4.06 KB sent in 400 ms; the cut is crash-consistent.',
    );
  });

  it('does not say that nothing happened when changes that waited were sent', () => {
    expect(describeResult(cycle(0, 65_536))).toBe(
      'Nothing had changed since it was last tracked; 64.0 KB that waited were sent in 400 ms.',
    );
    expect(describeResult(cycle(0, 0))).toBe('Nothing had changed; looked in 400 ms.');
  });
});

describe('what a verification came to', () => {
  const verified = (differentBlocks: number, damagedBlocks?: number) =>
    describeResult({
      kind: 'verify',
      vm: 'WEB01',
      blocks: 3072,
      differentBlocks,
      ...(damagedBlocks === undefined ? {} : { damagedBlocks }),
      identical: differentBlocks === 0,
      firstDifferences: [],
      durationMs: 400,
    });

  it('tells damage at the vault apart from changes that are still to be sent', () => {
    expect(verified(4, 3)).toBe(
      '4 of 3072 blocks differ. At the vault 3 blocks of the replica were altered or lost: the VM is marked for resynchronization.',
    );
    expect(verified(4, 0)).toBe(
      '4 of 3072 blocks differ. The replica holds what was written there: the source changed since the last cycle.',
    );
  });

  it('claims neither of a result that does not say', () => {
    expect(verified(4)).toBe('4 of 3072 blocks differ.');
  });
});
