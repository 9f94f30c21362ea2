import { describe, expect, it } from 'vitest';
import { runFuzz } from './run-fuzz.ts';
import { findTargets } from './targets.ts';

describe('a thousand mutated files of each kind', () => {
  it.each(findTargets([]).map((target) => target.name))(
    '%s: each works or is refused by name',
    async (target) => {
      const [report] = await runFuzz({ targets: [target], rounds: 1000, seed: 20_260_101 });
      expect(report!.failures).toEqual([]);
      expect(report!.rounds).toBe(1000);
    },
  );
});
