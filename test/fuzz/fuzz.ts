import { parseArgs } from 'node:util';
import { runFuzz } from './run-fuzz.ts';
import { findTargets } from './targets.ts';

/*
 * node test/fuzz/fuzz.ts [--rounds N] [--seed S] [--target NAME]... [--from ROUND]
 *
 * Mutates disk and log files and uses them. N counts all rounds, shared evenly among the targets. A failure is repeated
 * with the --target, --seed and --from it names and --rounds 1; the mutated files are kept.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string', multiple: true, default: [] },
    from: { type: 'string', default: '0' },
  },
});

const seed = Number(values.seed);
const targets = findTargets(values.target).map((target) => target.name);
const rounds = Math.ceil(Number(values.rounds) / targets.length);
const startMs = performance.now();
let saidAtMs = startMs;
console.log(`seed ${seed}, ${rounds} rounds for each of ${targets.join(', ')}`);
const reports = await runFuzz({
  targets,
  rounds,
  seed,
  firstRound: Number(values.from),
  onProgress: (target, done) => {
    if (performance.now() - saidAtMs < 15_000) return;
    saidAtMs = performance.now();
    console.log(`${done} of ${rounds * targets.length}: ${target}`);
  },
});
for (const { target, accepted, refused, slowestMs, rssGrowthBytes, failures } of reports) {
  const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`);
  console.log(
    `${target}: worked ${accepted}, ${codes.join(', ')}; slowest ${slowestMs.toFixed(0)} ms, memory +${(rssGrowthBytes / 1024 / 1024).toFixed(0)} MiB`,
  );
  for (const { round, what, mutations, keptIn } of failures) {
    console.error(`FAILED --target ${target} --seed ${seed} --from ${round} --rounds 1 (files in ${keptIn})`);
    console.error(`  ${mutations.join('\n  ')}\n${what}`);
  }
}
const failed = reports.reduce((sum, report) => sum + report.failures.length, 0);
const done = reports.reduce((sum, report) => sum + report.rounds, 0);
console.log(`${done} rounds in ${((performance.now() - startMs) / 1000).toFixed(0)} s, ${failed} failures`);
process.exitCode = failed === 0 ? 0 : 1;
