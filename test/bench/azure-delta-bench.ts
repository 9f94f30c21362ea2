import { randomFillSync } from 'node:crypto';
import type { CycleResult } from '../../src/contract/job-reports.ts';
import { trackingBlockBytes } from '../../src/main/block/tracking-block.ts';
import { openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { AzureSite } from './azure-site.ts';
import type { BenchEngine, BenchSite } from './bench-site.ts';
import type { BenchResult } from './measure.ts';

const pageBytes = 4096;
const runBytes = 64 * 1024 * 1024;
const clusterBytes = 4 * 1024 * 1024;

/**
 * 1 % of the disk's 4 KiB blocks rewritten. Scattered evenly, hardly any two changed tracking blocks are neighbours; where
 * a guest writes into regions, as databases and file systems do, they are, and leave as one request.
 */
export const azureDeltaBench = async (site: BenchSite): Promise<BenchResult[]> => {
  const { diskBytes } = site;
  const azure = await AzureSite.start(site, 'pass');
  const engine = await site.engine('azure-delta', site.diskPath, azure.vault);
  try {
    engine.hvrc('protect', 'VM1', '--vault', 'local', '--wait');
    const wanted = Math.floor(diskBytes / pageBytes / 100);
    const scattered = () => {
      const dataRun = Math.floor((Math.random() * diskBytes) / (2 * runBytes)) * 2 * runBytes;
      return dataRun + Math.floor((Math.random() * runBytes) / pageBytes) * pageBytes;
    };
    const regions = Array.from({ length: Math.ceil((wanted * pageBytes * 4) / clusterBytes) }, scattered);
    const clustered = () => {
      const region = regions[Math.floor(Math.random() * regions.length)]!;
      const start = Math.floor(region / clusterBytes) * clusterBytes;
      return start + Math.floor((Math.random() * clusterBytes) / pageBytes) * pageBytes;
    };
    const results: BenchResult[] = [];
    for (const [name, pick] of Object.entries({ scattered, 'within regions of 4 MiB': clustered })) {
      const changed = await rewrite(engine, wanted, pick);
      azure.counts();
      const result = engine.hvrc<CycleResult>('sync', 'VM1');
      const { requests, bytes } = azure.counts();
      const ratio = bytes / (changed * trackingBlockBytes);
      const seconds = (result.durationMs / 1000).toFixed(1);
      results.push({
        what: `1 % 4 KiB writes, ${name}: bytes sent`,
        measured: `${(bytes / 2 ** 20).toFixed(1)} MiB in ${seconds} s`,
        peer: `changed tracking blocks ${((changed * trackingBlockBytes) / 2 ** 20).toFixed(1)} MiB`,
        ratio,
        goal: '≤ 1.1 ×',
        met: ratio <= 1.1,
      });
      results.push({
        what: `the same: requests`,
        measured: String(requests),
        peer: `${changed} changed tracking blocks`,
        ratio: requests / changed,
        goal: pick === clustered ? '≤ 0.125 ×' : 'none: too far apart to be joined',
        met: pick === clustered ? requests <= changed / 8 : null,
      });
    }
    return results;
  } finally {
    await engine.stop();
    await azure.stop();
  }
};

/** Rewrites `wanted` pages; returns how many tracking blocks that changed. */
const rewrite = async (engine: BenchEngine, wanted: number, pick: () => number): Promise<number> => {
  const writer = openVhdxWriter(engine.diskPath);
  const page = Buffer.alloc(pageBytes);
  const pages = new Set<number>();
  while (pages.size < wanted) {
    const offset = pick();
    if (pages.has(offset)) continue;
    pages.add(offset);
    writer.write(randomFillSync(page), offset);
  }
  await writer.close();
  return new Set([...pages].map((offset) => Math.floor(offset / trackingBlockBytes))).size;
};
