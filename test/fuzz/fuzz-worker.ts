import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzOrder } from './run-fuzz.ts';
import { type FuzzReport, runTarget } from './run-target.ts';
import { findTargets } from './targets.ts';

const order = workerData as FuzzOrder;
const progress = new Int32Array(order.progress);
const reports: FuzzReport[] = [];
for (const [index, target] of findTargets(order.targets).entries()) {
  const folder = mkdtempSync(join(order.folder, `${target.name}-`));
  const plan = { ...order, folder };
  const report = await runTarget(target, plan, (round) => {
    Atomics.store(progress, 0, index);
    Atomics.store(progress, 1, round);
    Atomics.add(progress, 2, 1);
  });
  reports.push(report);
}
parentPort?.postMessage(reports);
