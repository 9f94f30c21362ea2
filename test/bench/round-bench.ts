import { randomFillSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openConsole } from '../../src/main/console/console.ts';
import { createVhdxWriter, openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { createDataDirectory } from '../../src/main/platform/data-directory.ts';
import type { BenchSite } from './bench-site.ts';
import { type BenchResult, seconds } from './measure.ts';

const mebibyte = 2 ** 20;
const vms = 60;
const disksPerVm = 4;
const diskBytes = 16 * mebibyte;
const frequencySeconds = 300;
const workersDirectory = join(import.meta.dirname, '../../src/main/workers');

/** 60 VMs with 4 small disks, all changed at once: one round of cycles must end well before the next one is due. */
export const roundBench = async (site: BenchSite): Promise<BenchResult[]> => {
  const root = join(site.directory, 'round');
  const disks = await makeHost(join(root, 'host'));
  const dataDirectory = join(root, 'data');
  createDataDirectory(dataDirectory);
  const console = await openConsole({ dataDirectory, workersDirectory });
  try {
    await console.request('host.use', { path: join(root, 'host') });
    await console.request('vault.add', { name: 'local', target: join(root, 'vault') });
    const names = Array.from({ length: vms }, (_, index) => `VM${index + 1}`);
    const initialSeconds = await seconds(async () => {
      for (const vm of names) {
        const { job } = await console.request('protect', { vm, vault: 'local', frequencySeconds });
        await console.request('job.wait', { id: job!.id });
      }
    });
    const rounds: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (const path of disks) await change(path, round);
      rounds.push(
        await seconds(async () => {
          const jobs = await Promise.all(names.map((vm) => console.request('sync', { vm })));
          const ended = await Promise.all(jobs.map(({ id }) => console.request('job.wait', { id })));
          for (const { error } of ended) if (error !== null) throw new Error(error.message);
        }),
      );
    }
    const worst = Math.max(...rounds);
    return [
      {
        what: `one round of cycles, ${vms} VMs × ${disksPerVm} disks, all changed`,
        measured: `${worst.toFixed(1)} s at most (first copies ${initialSeconds.toFixed(0)} s)`,
        peer: null,
        ratio: null,
        goal: `< ${frequencySeconds} s`,
        met: worst < frequencySeconds,
      },
    ];
  } finally {
    await console.stop();
  }
};

const makeHost = async (host: string): Promise<string[]> => {
  const paths: string[] = [];
  for (let vm = 1; vm <= vms; vm += 1) {
    mkdirSync(join(host, `VM${vm}`), { recursive: true });
    for (let disk = 0; disk < disksPerVm; disk += 1) {
      const path = join(host, `VM${vm}`, `disk${disk}.vhdx`);
      const writer = createVhdxWriter(path, { sizeBytes: diskBytes, blockBytes: mebibyte });
      writer.write(randomFillSync(Buffer.alloc(mebibyte)), 0);
      await writer.close();
      paths.push(path);
    }
  }
  return paths;
};

const change = async (path: string, round: number): Promise<void> => {
  const writer = openVhdxWriter(path);
  writer.write(randomFillSync(Buffer.alloc(65_536)), (round + 1) * 131_072);
  await writer.close();
};
