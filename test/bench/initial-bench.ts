import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InitialReplicationResult } from '../../src/contract/job-reports.ts';
import type { VmStatus } from '../../src/contract/reports.ts';
import type { BenchSite } from './bench-site.ts';
import { against, type BenchResult, inRandomOrder, median, run, seconds, settle } from './measure.ts';

/** Initial replication into a directory against `qemu-img convert` and `sync` of the same disk, both warm, both durable. */
export const initialBench = async (site: BenchSite, rounds: number): Promise<BenchResult[]> => {
  const { diskBytes } = site;
  const peaks: number[] = [];
  const delays: number[] = [];
  let stateBytes = 0;
  const copy = join(site.directory, 'peer.vhdx');
  const times = await inRandomOrder(rounds, {
    ours: async () => {
      const engine = await site.engine('initial');
      const result = engine.hvrc<{ job: { result: InitialReplicationResult } }>(
        'protect',
        'VM1',
        '--vault',
        'local',
        '--wait',
      );
      const info = engine.info();
      peaks.push(info.peakMemoryBytes);
      delays.push(info.eventLoopDelayP99Ms);
      const status = engine.hvrc<VmStatus>('status', 'VM1');
      stateBytes = statSync(
        join(engine.root, 'data', 'tracking', status.id, `${status.disks[0]!.id}.digests`),
      ).size;
      await engine.stop();
      return result.job.result.durationMs / 1000;
    },
    qemu: async () => {
      rmSync(copy, { force: true });
      await settle();
      return seconds(() => {
        run('qemu-img', 'convert', '-O', 'vhdx', site.diskPath, copy);
        run('sync', copy);
      });
    },
  });
  rmSync(copy, { force: true });
  const peakMiB = Math.max(...peaks) / 2 ** 20;
  return [
    against(
      'initial replication, 4 GiB with 2 GiB of data',
      times.ours,
      times.qemu,
      'qemu-img convert + sync',
      1.0,
    ),
    {
      what: 'peak memory of it, all threads',
      measured: `${peakMiB.toFixed(0)} MiB`,
      peer: null,
      ratio: null,
      goal: '≤ 300 MB',
      met: peakMiB * 2 ** 20 <= 300e6,
    },
    {
      what: 'main thread while it runs, event-loop delay p99',
      measured: `${median(delays).toFixed(1)} ms`,
      peer: null,
      ratio: null,
      goal: '≤ 20 ms',
      met: median(delays) <= 20,
    },
    {
      what: 'local tracking state',
      measured: `1/${Math.floor(diskBytes / stateBytes)} of the disk`,
      peer: null,
      ratio: null,
      goal: '≤ 1/2000',
      met: stateBytes * 2000 <= diskBytes,
    },
  ];
};
