import { randomFillSync } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ResyncResult } from '../../src/contract/job-reports.ts';
import { createVhdxWriter, openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import type { BenchSite } from './bench-site.ts';
import type { BenchResult } from './measure.ts';

const tebibyte = 2 ** 40;
const mebibyte = 2 ** 20;
const sizeBytes = 4 * tebibyte;

/** The resynchronization of a 4 TiB disk that is nearly empty: holes of both sides must cost neither time nor memory. */
export const resyncSparseBench = async (site: BenchSite): Promise<BenchResult[]> => {
  const path = join(site.directory, 'resync-sparse.vhdx');
  const writer = createVhdxWriter(path, { sizeBytes });
  const data = Buffer.alloc(mebibyte);
  for (let index = 0; index < 256; index += 1) writer.write(randomFillSync(data), index * (sizeBytes / 256));
  await writer.close();
  const engine = await site.engine('resync-sparse', path);
  engine.hvrc('protect', 'VM1', '--vault', 'local', '--frequency', '900', '--wait');
  const again = openVhdxWriter(engine.diskPath);
  for (let index = 0; index < 64; index += 1)
    again.write(randomFillSync(data), index * (sizeBytes / 64) + 4 * mebibyte);
  await again.close();
  const ofCopy = engine.info().peakMemoryBytes;
  const before = engine.cpuSeconds();
  const { durationMs, differentBlocks, sentBytes } = engine.hvrc<ResyncResult>('resync', 'VM1');
  const after = engine.cpuSeconds();
  const { peakMemoryBytes } = engine.info();
  const stateBytes = allocatedBytes(join(engine.root, 'data', 'tracking'));
  await engine.stop();
  const cpu = before === null || after === null ? '' : `, ${(after - before).toFixed(1)} s of CPU`;
  const plain = { peer: null, ratio: null };
  return [
    {
      what: 'resynchronization of a 4 TiB sparse disk, 256 MiB of data, 64 MiB changed',
      measured: `${(durationMs / 1000).toFixed(1)} s${cpu}, ${differentBlocks} blocks differed, ${(sentBytes / mebibyte).toFixed(0)} MiB sent`,
      ...plain,
      goal: '≤ 60 s',
      met: durationMs <= 60_000,
    },
    {
      what: 'peak memory of it, all threads',
      measured: `${(peakMemoryBytes / mebibyte).toFixed(0)} MiB; of the first copy before it ${(ofCopy / mebibyte).toFixed(0)} MiB`,
      ...plain,
      goal: '≤ 300 MB',
      met: peakMemoryBytes <= 300e6,
    },
    {
      what: 'its state on disk',
      measured: `${(stateBytes / mebibyte).toFixed(1)} MiB`,
      ...plain,
      goal: '≤ 1/2,000 of the disk',
      met: stateBytes <= sizeBytes / 2000,
    },
  ];
};

/** What files in a directory take on their volume, holes left out. */
const allocatedBytes = (directory: string): number =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const { blocks } = statSync(join(directory, name));
    return sum + blocks * 512;
  }, 0);
