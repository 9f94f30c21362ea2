import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { InitialReplicationResult } from '../../src/contract/job-reports.ts';
import { convertDisk } from '../../src/main/disk/convert-disk.ts';
import { openVirtualDisk } from '../../src/main/disk/open-disk.ts';
import { AzureSite } from './azure-site.ts';
import type { BenchEngine, BenchSite } from './bench-site.ts';
import {
  type BenchResult,
  describeTimes,
  inRandomOrder,
  median,
  runWith,
  seconds,
  settle,
} from './measure.ts';

const inFlightChoices = [4, 8, 16];

/** An upload of the site's disk into the emulator on disk, fresh for each contender and round. */
export const azureBench = async (site: BenchSite, rounds: number): Promise<BenchResult[]> => {
  const within = async (work: (azure: AzureSite) => Promise<number> | number): Promise<number> => {
    const azure = await AzureSite.start(site, 'direct');
    try {
      await settle();
      return await work(azure);
    } finally {
      await azure.stop();
    }
  };
  let best = inFlightChoices[0]!;
  let bestSeconds = Number.POSITIVE_INFINITY;
  for (const inFlight of inFlightChoices) {
    const taken = await within((azure) => azure.bareUpload('sdk', inFlight, site.diskPath).seconds);
    if (taken < bestSeconds) [best, bestSeconds] = [inFlight, taken];
  }
  const peers = await otherPrograms(site);
  const peaks: number[] = [];
  const times = await inRandomOrder(rounds, {
    ours: () => within(async (azure) => (await replicate(site, azure, peaks)).seconds),
    sdk: () => within((azure) => azure.bareUpload('sdk', best, site.diskPath).seconds),
    ...Object.fromEntries(
      peers.map(({ name, upload }) => [name, () => within((azure) => seconds(() => upload(azure)))]),
    ),
  });
  return [
    atLeast(
      `upload into Azurite, ${site.diskBytes / 2 ** 31} GiB of data`,
      times.ours,
      times.sdk,
      `a loop of uploadPages, ${best} in flight`,
      0.95,
    ),
    ...peers.map(({ name, goal }) =>
      atLeast('the same', times.ours, (times as Record<string, number[]>)[name] ?? [], name, goal),
    ),
    memoryOf('peak memory of it', peaks),
  ];
};

/** The same through https into a server that takes the pages and keeps none. */
export const azureNullBench = async (site: BenchSite, rounds: number): Promise<BenchResult[]> => {
  const azure = await AzureSite.start(site, 'accept');
  try {
    const cpu = { ours: [] as number[], node: [] as number[] };
    const peaks: number[] = [];
    const crowded: number[] = [];
    const gigabytes = site.diskBytes / 2 / 1e9;
    const times = await inRandomOrder(rounds, {
      ours: async () => {
        const { seconds: taken, cpuSeconds } = await replicate(site, azure, peaks);
        if (cpuSeconds !== null) cpu.ours.push(cpuSeconds / gigabytes);
        return taken;
      },
      node: async () => {
        const { seconds: taken, cpu: used } = azure.bareUpload('node', 8, site.diskPath);
        cpu.node.push(used / gigabytes);
        return taken;
      },
    });
    await replicate(site, azure, crowded, 32);
    const perGigabyte = (values: readonly number[]) =>
      values.length === 0 ? '' : `, ${median(values).toFixed(2)} CPU-s/GB`;
    const result = atLeast(
      'upload into a null server over https',
      times.ours,
      times.node,
      'a loop of Node’s own client',
      0.8,
    );
    return [
      {
        ...result,
        measured: `${result.measured}${perGigabyte(cpu.ours)}`,
        peer: `${result.peer}${perGigabyte(cpu.node)}`,
      },
      memoryOf('peak memory of it', peaks),
      memoryOf('the same with 32 in flight', crowded),
    ];
  } finally {
    await azure.stop();
  }
};

interface Replication {
  readonly seconds: number;
  /** Of all threads, reading and digesting included; null where the system does not say. */
  readonly cpuSeconds: number | null;
}

const replicate = async (
  site: BenchSite,
  azure: AzureSite,
  peaks: number[],
  inFlight = 4,
): Promise<Replication> => {
  const engine: BenchEngine = await site.engine('azure', site.diskPath, azure.vault);
  try {
    engine.hvrc('settings', 'set', 'upload.threads', String(inFlight));
    const before = engine.cpuSeconds();
    const { job } = engine.hvrc<{ job: { result: InitialReplicationResult } }>(
      ...['protect', 'VM1', '--vault', 'local', '--wait'],
    );
    const after = engine.cpuSeconds();
    peaks.push(engine.info().peakMemoryBytes);
    engine.hvrc('unprotect', 'VM1', '--delete-replica');
    const cpuSeconds = before === null || after === null ? null : after - before;
    return { seconds: job.result.durationMs / 1000, cpuSeconds };
  } finally {
    await engine.stop();
  }
};

interface OtherProgram {
  readonly name: string;
  /** How many times its throughput is wanted. */
  readonly goal: number;
  readonly upload: (azure: AzureSite) => void;
}

/** Programs that upload files, where they are installed; they are given the disk as a fixed VHD. */
const otherPrograms = async (site: BenchSite): Promise<OtherProgram[]> => {
  const path = join(site.directory, 'fixed.vhd');
  const az = (...args: string[]) => ['storage', 'blob', ...args];
  const programs: OtherProgram[] = [
    {
      name: 'az',
      goal: 1.5,
      upload: ({ environment }) => {
        runWith(environment, 'az', 'storage', 'container', 'create', '--name', 'peer');
        const target = ['--container-name', 'peer', '--name', 'disk.vhd', '--type', 'page'];
        runWith(environment, 'az', ...az('upload', '--file', path, ...target, '--max-connections', '8'));
      },
    },
    {
      name: 'rclone',
      goal: 3,
      upload: ({ environment, endpoint }) => {
        const { AZURE_STORAGE_CONNECTION_STRING: text = '' } = environment;
        const field = (key: string) => new RegExp(`${key}=([^;]+)`).exec(text)?.[1] ?? '';
        const settings = {
          RCLONE_AZUREBLOB_ACCOUNT: field('AccountName'),
          RCLONE_AZUREBLOB_KEY: field('AccountKey'),
          RCLONE_AZUREBLOB_ENDPOINT: endpoint,
        };
        runWith(settings, 'rclone', 'copyto', path, ':azureblob:peer/disk.vhd');
      },
    },
  ];
  const present = programs.filter(({ name }) => {
    const isThere = spawnSync(name, ['--version']).error === undefined;
    if (!isThere) console.log(`${name} is not installed: it is left out.`);
    return isThere;
  });
  if (present.length > 0) {
    const source = openVirtualDisk(site.diskPath);
    await convertDisk(source, path, 'vhd');
    source.close();
  }
  return present;
};

const atLeast = (
  what: string,
  ours: readonly number[],
  peer: readonly number[],
  peerName: string,
  goal: number,
): BenchResult => {
  const ratio = median(peer) / median(ours);
  return {
    what,
    measured: describeTimes(ours),
    peer: `${peerName} ${describeTimes(peer)}`,
    ratio,
    goal: `≥ ${goal} ×`,
    met: ratio >= goal,
  };
};

const memoryOf = (what: string, peaks: readonly number[]): BenchResult => {
  const peak = Math.max(...peaks);
  const measured = `${(peak / 2 ** 20).toFixed(0)} MiB`;
  return { what, measured, peer: null, ratio: null, goal: '≤ 300 MB', met: peak <= 300e6 };
};
