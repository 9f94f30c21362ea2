/**
 * `npm run torture -- [--rounds N] [--resync-rounds N] [--seed S] [--dir DIR]`: the crash harness for as long as you like.
 * Half of the resynchronization's rounds are kills, half are faults of the vault.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCrashRounds } from './crash-rounds.ts';
import { runResyncRounds } from './resync-rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    'resync-rounds': { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    dir: { type: 'string', default: tmpdir() },
  },
});
const directory = mkdtempSync(join(values.dir, 'hvrc-torture-'));
console.log(`seed ${values.seed}, ${values.rounds} rounds in ${directory}`);
const options = { directory, seed: Number(values.seed), onRound: (line: string) => console.log(line) };
const outcome = await runCrashRounds({ ...options, rounds: Number(values.rounds) });
const resync = await runResyncRounds({ ...options, rounds: Number(values['resync-rounds']) });
rmSync(directory, { recursive: true });
if (Number(values['resync-rounds']) >= 10 && resync.resumed === 0)
  throw new Error('No comparison went on where it was: the kills came too early or too late.');
console.log(JSON.stringify({ ...outcome, resync }));
