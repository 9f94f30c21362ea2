import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import type { CycleResult } from '../../src/contract/job-reports.ts';
import { createVhdxWriter, openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import type { BenchSite } from './bench-site.ts';
import type { BenchResult } from './measure.ts';

const tebibyte = 2 ** 40;
const mebibyte = 2 ** 20;
const sizeBytes = 4 * tebibyte;

/** A 4 TiB disk that is nearly empty: memory and time of initial replication and of a delta must not grow with the size. */
export const sparseBench = async (site: BenchSite): Promise<BenchResult[]> => {
  const path = join(site.directory, 'sparse.vhdx');
  const writer = createVhdxWriter(path, { sizeBytes });
  const data = Buffer.alloc(mebibyte);
  for (let index = 0; index < 256; index += 1) writer.write(randomFillSync(data), index * (sizeBytes / 256));
  await writer.close();
  const engine = await site.engine('sparse', path);
  engine.hvrc('protect', 'VM1', '--vault', 'local', '--wait');
  engine.hvrc('sync', 'VM1');
  const again = openVhdxWriter(engine.diskPath);
  for (let index = 0; index < 64; index += 1)
    again.write(randomFillSync(data), index * (sizeBytes / 64) + 4 * mebibyte);
  await again.close();
  const { durationMs } = engine.hvrc<CycleResult>('sync', 'VM1');
  const { peakMemoryBytes } = engine.info();
  await engine.stop();
  return [
    {
      what: 'peak memory, 4 TiB sparse disk, initial and delta',
      measured: `${(peakMemoryBytes / mebibyte).toFixed(0)} MiB, delta ${(durationMs / 1000).toFixed(1)} s`,
      peer: null,
      ratio: null,
      goal: '≤ 300 MB',
      met: peakMemoryBytes <= 300e6,
    },
  ];
};
