import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openConsole } from '../../src/main/console/console.ts';
import { dataPaths } from '../../src/main/platform/data-directory.ts';
import { simulateMonth } from '../support/simulated-month.ts';
import type { BenchSite } from './bench-site.ts';
import { type BenchResult, median } from './measure.ts';

const mebibyte = 2 ** 20;
const databaseLimit = 200 * mebibyte;
const reportLimitMs = 50;
const endMs = Date.UTC(2026, 2, 1);

/** A month of 60 VMs with 4 disks at 5-minute frequency in the real store: its size, and how long each report takes. */
export const enduranceBench = async (site: BenchSite): Promise<BenchResult[]> => {
  const dataDirectory = join(site.directory, 'endurance');
  const sampleMs = await simulateMonth(dataDirectory, {
    vms: 60,
    days: 32,
    hoursByTheMinute: 25,
    endMs,
    stepMinutes: 5,
  });
  const { store } = dataPaths(dataDirectory);
  const bytes = statSync(store).size;
  return [
    {
      what: 'database after a month, 60 VMs × 4 disks at 5 minutes',
      measured: `${(bytes / mebibyte).toFixed(0)} MiB`,
      peer: null,
      ratio: null,
      goal: '< 200 MiB',
      met: bytes < databaseLimit,
    },
    {
      what: 'one sample of 60 VMs, on the main thread',
      measured: `${sampleMs.toFixed(1)} ms`,
      peer: null,
      ratio: null,
      goal: '< 50 ms',
      met: sampleMs < reportLimitMs,
    },
    ...(await timeReports(dataDirectory)),
  ];
};

const timeReports = async (dataDirectory: string): Promise<BenchResult[]> => {
  const console = await openConsole({
    dataDirectory,
    workersDirectory: dataDirectory,
    clock: { now: () => endMs, wait: () => Promise.resolve() },
  });
  const vm = 'VM7';
  const reports = {
    status: () => console.request('status', {}),
    'status of a VM': () => console.request('status', { vm }),
    'vm.series 1h': () => console.request('vm.series', { vm, range: '1h' }),
    'vm.series 24h': () => console.request('vm.series', { vm, range: '24h' }),
    'vm.series 7d': () => console.request('vm.series', { vm, range: '7d' }),
    'vm.series 30d': () => console.request('vm.series', { vm, range: '30d' }),
    'vm.statistics': () => console.request('vm.statistics', { vm }),
    'vm.history': () => console.request('vm.history', { vm }),
    events: () => console.request('events', { limit: 1000 }),
    'events that fit': () => console.request('events', { level: 'error', text: 'answer', limit: 1000 }),
    jobs: () => console.request('jobs', {}),
  };
  const results: BenchResult[] = [];
  for (const [name, ask] of Object.entries(reports)) {
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const startedAt = performance.now();
      await ask();
      times.push(performance.now() - startedAt);
    }
    const ms = median(times);
    results.push({
      what: `report ${name}, after a month`,
      measured: `${ms.toFixed(1)} ms`,
      peer: null,
      ratio: null,
      goal: '< 50 ms',
      met: ms < reportLimitMs,
    });
  }
  await console.stop();
  return results;
};
