import { randomFillSync } from 'node:crypto';
import type { CycleResult } from '../../src/contract/job-reports.ts';
import { openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import type { BenchSite } from './bench-site.ts';
import { type BenchResult, describeTimes } from './measure.ts';

const pageBytes = 4096;
const runBytes = 64 * 1024 * 1024;

/** 1 % of the disk's 4 KiB blocks rewritten, scattered over its data: what goes to the vault against what changed. */
export const deltaBench = async (site: BenchSite): Promise<BenchResult[]> => {
  const { diskBytes } = site;
  const engine = await site.engine('delta');
  engine.hvrc('protect', 'VM1', '--vault', 'local', '--wait');
  // The engine begins a cycle of its own after the first copy, which would take part of the changes.
  engine.hvrc('sync', 'VM1');
  const changed = new Set<number>();
  const writer = openVhdxWriter(engine.diskPath);
  const page = Buffer.alloc(pageBytes);
  while (changed.size < diskBytes / pageBytes / 100) {
    const dataRun = Math.floor((Math.random() * diskBytes) / (2 * runBytes)) * 2 * runBytes;
    const offset = dataRun + Math.floor((Math.random() * runBytes) / pageBytes) * pageBytes;
    if (changed.has(offset)) continue;
    changed.add(offset);
    writer.write(randomFillSync(page), offset);
  }
  await writer.close();
  const result = engine.hvrc<CycleResult>('sync', 'VM1');
  const { peakMemoryBytes } = engine.info();
  await engine.stop();
  const ratio = result.sentBytes / (changed.size * pageBytes);
  return [
    {
      what: 'delta of 1 % scattered 4 KiB writes: bytes sent',
      measured: `${(result.sentBytes / 2 ** 20).toFixed(1)} MiB in ${describeTimes([result.durationMs / 1000])}, peak ${(peakMemoryBytes / 2 ** 20).toFixed(0)} MiB`,
      peer: `changed ${((changed.size * pageBytes) / 2 ** 20).toFixed(1)} MiB`,
      ratio,
      goal: '≤ 1.1 ×',
      met: ratio <= 1.1,
    },
  ];
};
