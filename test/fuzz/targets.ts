import type { FuzzTarget } from './fuzz-target.ts';
import { hrlFuzzTarget } from './targets/hrl.ts';
import { vhdFuzzTargets } from './targets/vhd.ts';
import { vhdxFuzzTargets } from './targets/vhdx.ts';

/** Everything that reads a file somebody else may have damaged. A new format adds its targets here. */
const allTargets: readonly FuzzTarget[] = [...vhdFuzzTargets, ...vhdxFuzzTargets, hrlFuzzTarget];

/** The targets of these names; all when none is given. */
export const findTargets = (names: readonly string[]): readonly FuzzTarget[] => {
  if (names.length === 0) return allTargets;
  return names.map((name) => {
    const target = allTargets.find((candidate) => candidate.name === name);
    if (target !== undefined) return target;
    throw new Error(
      `No target ${name}; there are ${allTargets.map((candidate) => candidate.name).join(', ')}.`,
    );
  });
};
