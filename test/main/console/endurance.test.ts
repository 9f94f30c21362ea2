import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openConsole } from '../../../src/main/console/console.ts';
import { createDataDirectory, dataPaths } from '../../../src/main/platform/data-directory.ts';
import { simulateMonth } from '../../support/simulated-month.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const workersDirectory = join(import.meta.dirname, '../../../src/main/workers');
const endMs = Date.UTC(2026, 2, 1);
const mebibyte = 2 ** 20;

/** `npm run bench -- --only endurance` does it for a month of 60 VMs, and times the reports. */
describe('a week of one VM with 4 disks at 5-minute frequency', () => {
  it('takes so little room that 60 of them stay far below 200 MiB, and answers with reports of bounded size', async () => {
    const dataDirectory = folder('data');
    createDataDirectory(dataDirectory);
    await simulateMonth(dataDirectory, { vms: 1, days: 8, hoursByTheMinute: 25, endMs, stepMinutes: 5 });
    const { store } = dataPaths(dataDirectory);
    expect(statSync(store).size * 60).toBeLessThan(200 * mebibyte);
    const rows = rowsOf(store);
    // 25 hours by the minute, a week by 5 minutes, 32 days by the hour, and a step begun in each.
    const stepsOfSeries = 25 * 60 + 7 * 24 * 12 + 32 * 24 + 3;
    // An hour may pass between two prunings.
    expect(rows.samples).toBeLessThanOrEqual(rows.series * (stepsOfSeries + 60 + 12 + 1));
    expect(rows.series).toBe(4 + 4 + 1);
    expect(rows.statistics).toBeLessThanOrEqual(8 * 24 + 1);
    expect(rows.attempts).toBeLessThan(200 + rows.failures + 1);
    const clock = { now: () => endMs, wait: () => Promise.resolve() };
    const console = await openConsole({ dataDirectory, workersDirectory, clock });
    const bytesOf = (report: unknown) => JSON.stringify(report).length;
    try {
      for (const range of ['1h', '24h', '7d', '30d'] as const) {
        const series = await console.request('vm.series', { vm: 'VM1', range });
        expect(series.rpoSeconds.filter((value) => value !== null).length).toBeGreaterThan(50);
        expect(series.times.length).toBeLessThanOrEqual(400);
        expect(series.disks).toHaveLength(4);
        expect(bytesOf(series)).toBeLessThan(64 * 1024);
      }
      const statistics = await console.request('vm.statistics', { vm: 'VM1' });
      expect(statistics.cyclesDone / statistics.cyclesDue).toBeGreaterThan(0.9);
      expect(statistics.history.length).toBeGreaterThan(150);
      expect(bytesOf(statistics)).toBeLessThan(256 * 1024);
      expect(bytesOf(await console.request('status', {}))).toBeLessThan(16 * 1024);
    } finally {
      await console.stop();
    }
  });
});

const rowsOf = (path: string) => {
  const database = new Database(path, { readonly: true });
  const count = (from: string) => database.prepare(`SELECT count(*) FROM ${from}`).pluck().get() as number;
  const rows = {
    samples: count('samples'),
    series: count('series'),
    statistics: count('statistics'),
    attempts: count('attempts'),
    failures: count('attempts WHERE kept_until > 0'),
  };
  database.close();
  return rows;
};
