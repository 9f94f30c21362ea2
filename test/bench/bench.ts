/**
 * `npm run bench [-- --only NAME] [--rounds N] [--size GIB] [--dir DIR]`: the product against its peers, in one run on one disk.
 *
 * Pairs run in random order, because these timings depend on what the machine did just before; the median and the
 * minimum are given, and the ratios of the medians count. Prints a table and, last, one line of JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { ensureBuilt } from '../../scripts/product.ts';
import { azureBench, azureNullBench } from './azure-bench.ts';
import { azureDeltaBench } from './azure-delta-bench.ts';
import { BenchSite } from './bench-site.ts';
import { consoleBench } from './console-bench.ts';
import { deltaBench } from './delta-bench.ts';
import { enduranceBench } from './endurance-bench.ts';
import { initialBench } from './initial-bench.ts';
import type { BenchResult } from './measure.ts';
import { resyncBench } from './resync-bench.ts';
import { resyncSparseBench } from './resync-sparse-bench.ts';
import { roundBench } from './round-bench.ts';
import { scanBench } from './scan-bench.ts';
import { sparseBench } from './sparse-bench.ts';

const benches = {
  initial: initialBench,
  scan: scanBench,
  delta: deltaBench,
  sparse: sparseBench,
  resync: resyncBench,
  'resync-sparse': resyncSparseBench,
  azure: azureBench,
  'azure-null': azureNullBench,
  'azure-delta': azureDeltaBench,
  round: roundBench,
  endurance: enduranceBench,
  console: consoleBench,
} as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    /** Of the disk that is replicated; the goals are for 4, and a resynchronization always has that. */
    size: { type: 'string', default: '4' },
    dir: { type: 'string', default: tmpdir() },
  },
});

ensureBuilt();
const directory = mkdtempSync(join(values.dir, 'hvrc-bench-'));
const results: BenchResult[] = [];
try {
  const site = await BenchSite.create(directory, Number(values.size) * 2 ** 30);
  for (const [name, bench] of Object.entries(benches)) {
    if (values.only !== undefined && values.only !== name) continue;
    results.push(...(await bench(site, Number(values.rounds))));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const table = new Table({ head: ['what', 'measured', 'peer', 'ratio', 'goal', 'met'], style: { head: [] } });
const verdict = (met: boolean | null): string => (met === null ? '' : met ? 'yes' : 'NO');
for (const { what, measured, peer, ratio, goal, met } of results) {
  table.push([what, measured, peer ?? '', ratio === null ? '' : ratio.toFixed(2), goal, verdict(met)]);
}
console.log(table.toString());
console.log(JSON.stringify(results));
