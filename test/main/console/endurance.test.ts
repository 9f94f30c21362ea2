import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openConsole } from '../../../src/main/console/console.ts';
import { createDataDirectory, dataPaths } from '../../../src/main/platform/data-directory.ts';
import { simulateMonth } from '../../support/simulated-month.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const workersDirectory = join(import.meta.dirname, '../../../src/main/workers');
const endMs = Date.UTC(2026, 2, 1);
const mebibyte = 2 ** 20;

/** `npm run bench -- --only endurance` does it for a month of 60 VMs. */
describe('a week of one VM with 4 disks at 5-minute frequency', () => {
  it('takes so little room that 60 of them stay far below 200 MiB, and answers each report within 50 ms', async () => {
    const dataDirectory = folder('data');
    createDataDirectory(dataDirectory);
    await simulateMonth(dataDirectory, { vms: 1, days: 8, hoursByTheMinute: 25, endMs, stepMinutes: 5 });
    expect(statSync(dataPaths(dataDirectory).store).size * 60).toBeLessThan(200 * mebibyte);
    const clock = { now: () => endMs, wait: () => Promise.resolve() };
    const console = await openConsole({ dataDirectory, workersDirectory, clock });
    const fastest = async (ask: () => Promise<unknown>): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const startedAt = performance.now();
        await ask();
        times.push(performance.now() - startedAt);
      }
      return Math.min(...times);
    };
    try {
      for (const range of ['1h', '24h', '7d', '30d'] as const) {
        const { rpoSeconds, disks } = await console.request('vm.series', { vm: 'VM1', range });
        expect(rpoSeconds.filter((value) => value !== null).length).toBeGreaterThan(50);
        expect(disks).toHaveLength(4);
        expect(await fastest(() => console.request('vm.series', { vm: 'VM1', range }))).toBeLessThan(50);
      }
      const { cyclesDue, cyclesDone, history } = await console.request('vm.statistics', { vm: 'VM1' });
      expect(cyclesDone / cyclesDue).toBeGreaterThan(0.9);
      expect(history.length).toBeGreaterThan(150);
      expect(await fastest(() => console.request('vm.statistics', { vm: 'VM1' }))).toBeLessThan(50);
      expect(await fastest(() => console.request('status', {}))).toBeLessThan(50);
      expect(await fastest(() => console.request('events', { level: 'error' }))).toBeLessThan(50);
    } finally {
      await console.stop();
    }
  });
});
