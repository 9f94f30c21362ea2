/**
 * `npm test`: lint, types, the vitest suite, then the end-to-end tests on the built product. The last line adds up the
 * runners' own reports. `npm test -- PATTERN` runs only the vitest files that match.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser } from './browser.ts';
import { ensureBuilt, projectRoot } from './product.ts';
import { addCounts, countPlaywright, countVitest, describeCounts, readCounts } from './test-counts.ts';
import { prepareTestTools } from './test-tools.ts';

const patterns = process.argv.slice(2);
const isBuildMachine = process.env.CI !== undefined && process.env.CI !== 'false';
const results = join(projectRoot, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const problems: string[] = [];

const node = (file: string, ...args: string[]): number | null =>
  spawnSync(process.execPath, [join(projectRoot, file), ...args], { cwd: projectRoot, stdio: 'inherit' })
    .status;

const missing = prepareTestTools();
if (missing.length > 0 && isBuildMachine) {
  problems.push(`A build machine must have ${missing.join(', ')}.`);
}

if (node('scripts/lint.ts') !== 0) problems.push('Lint failed: see the top of this output.');
if (node('node_modules/typescript/bin/tsc', '--noEmit') !== 0)
  problems.push('The type check failed: see the top of this output.');
ensureBuilt();

const vitestReport = join(results, 'vitest.json');
const vitest = node(
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${vitestReport}`,
  ...patterns,
);
const counts = [readCounts(vitestReport, vitest, countVitest)];

if (patterns.length === 0 && findBrowser() !== undefined) {
  const playwrightReport = join(results, 'playwright.json');
  process.env.PLAYWRIGHT_JSON_OUTPUT_FILE = playwrightReport;
  const playwright = node('node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json');
  counts.push(readCounts(playwrightReport, playwright, countPlaywright));
}

const total = addCounts(counts);
if (total.passed + total.failed === 0) problems.push('No test ran.');
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 || total.failed > 0 ? 1 : 0;
console.log(describeCounts(total));
