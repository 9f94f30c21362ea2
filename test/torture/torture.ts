/** `npm run torture -- [--rounds N] [--seed S] [--dir DIR]`: the crash harness for as long as you like. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCrashRounds } from './crash-rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    dir: { type: 'string', default: tmpdir() },
  },
});
const directory = mkdtempSync(join(values.dir, 'hvrc-torture-'));
console.log(`seed ${values.seed}, ${values.rounds} rounds in ${directory}`);
const outcome = await runCrashRounds({
  directory,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  onRound: (line) => console.log(line),
});
rmSync(directory, { recursive: true });
console.log(JSON.stringify(outcome));
