import { utimesSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { CycleResult } from '../../src/contract/job-reports.ts';
import type { BenchSite } from './bench-site.ts';
import {
  against,
  type BenchResult,
  describeTimes,
  dropCaches,
  inRandomOrder,
  median,
  run,
  seconds,
} from './measure.ts';

/** A disk whose file was touched but not changed must be read once: how fast, cold and warm. Untouched it costs nothing. */
export const scanBench = async (site: BenchSite, rounds: number): Promise<BenchResult[]> => {
  const engine = await site.engine('scan');
  // Touched forwards from a day ago on: a file with an older time would be one that was put back.
  let clock = Date.now() / 1000 - 86_400;
  utimesSync(engine.diskPath, clock, clock);
  engine.hvrc('protect', 'VM1', '--vault', 'local', '--wait');
  engine.hvrc('pause', 'VM1');
  engine.hvrc('resume', 'VM1');
  const touch = async (): Promise<void> => {
    clock += 10;
    utimesSync(engine.diskPath, clock, clock);
    // A file changed this very moment is waited for until its times have settled; that is not what is measured.
    await pause(100);
  };
  const scanTouched = (): number => {
    return engine.hvrc<CycleResult>('sync', 'VM1').durationMs / 1000;
  };
  const warm = await inRandomOrder(rounds, {
    ours: async () => {
      await touch();
      return scanTouched();
    },
    openssl: () => seconds(() => run('openssl', 'dgst', '-sha256', engine.diskPath)),
  });
  const results = [
    against('scan of a touched disk, warm', warm.ours, warm.openssl, 'openssl dgst -sha256', 0.6),
  ];
  if (dropCaches()) {
    const cold = await inRandomOrder(rounds, {
      ours: async () => {
        await touch();
        dropCaches();
        return scanTouched();
      },
      dd: async () => {
        dropCaches();
        return seconds(() => run('dd', `if=${engine.diskPath}`, 'of=/dev/null', 'bs=4M', 'status=none'));
      },
    });
    results.push(against('scan of a touched disk, cold', cold.ours, cold.dd, 'dd bs=4M', 1.2));
  } else {
    console.log('The page cache cannot be emptied with this account: the cold scan is skipped.');
  }
  const untouched = Array.from(
    { length: rounds },
    () => engine.hvrc<CycleResult>('sync', 'VM1').durationMs / 1000,
  );
  results.push({
    what: 'scan of an untouched disk',
    measured: describeTimes(untouched),
    peer: null,
    ratio: null,
    goal: '< 50 ms',
    met: median(untouched) < 0.05,
  });
  await engine.stop();
  return results;
};
