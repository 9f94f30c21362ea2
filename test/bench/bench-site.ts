import { type ChildProcess, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../scripts/product.ts';
import type { EngineReport } from '../../src/contract/reports.ts';
import { createVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { run, runWith } from './measure.ts';

const mebibyte = 1024 * 1024;
/** What the goals are for. */
export const diskBytes = 4096 * mebibyte;
const cli = join(projectRoot, 'out/main/cli.js');

/** Where an engine of a benchmark replicates to, and what its processes need in their environment for that. */
export interface BenchVault {
  readonly target: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The source that the benchmarks replicate: a VHDX (of 4 GiB) whose half is random data in runs of 64 MiB. */
export class BenchSite {
  readonly directory: string;
  readonly diskPath: string;
  readonly diskBytes: number;

  private constructor(directory: string, diskBytes: number) {
    this.directory = directory;
    this.diskPath = join(directory, 'source.vhdx');
    this.diskBytes = diskBytes;
  }

  static async create(directory: string, diskBytes: number): Promise<BenchSite> {
    const site = new BenchSite(directory, diskBytes);
    const writer = createVhdxWriter(site.diskPath, { sizeBytes: diskBytes });
    const data = Buffer.alloc(mebibyte);
    const runBytes = 64 * mebibyte;
    for (let start = 0; start < diskBytes; start += 2 * runBytes) {
      for (let offset = start; offset < start + runBytes; offset += mebibyte)
        writer.write(randomFillSync(data), offset);
    }
    await writer.close();
    return site;
  }

  /** A host with one VM that has `diskPath` as its disk, a vault and an engine, all new. */
  async engine(name: string, diskPath = this.diskPath, vault?: BenchVault): Promise<BenchEngine> {
    const root = join(this.directory, name);
    rmSync(root, { recursive: true, force: true });
    const folder = join(root, 'host', 'VM1');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'disk.vhdx');
    linkSync(diskPath, path);
    return BenchEngine.start(root, path, vault);
  }
}

/** The built product's engine in a process of its own, asked through the built command line. */
export class BenchEngine {
  readonly root: string;
  readonly diskPath: string;
  private readonly process: ChildProcess;

  private constructor(root: string, diskPath: string, child: ChildProcess) {
    this.root = root;
    this.diskPath = diskPath;
    this.process = child;
  }

  static async start(
    root: string,
    diskPath: string,
    { target, environment }: BenchVault = { target: join(root, 'vault'), environment: {} },
  ): Promise<BenchEngine> {
    const data = join(root, 'data');
    const hvrc = (...args: string[]) => runWith(environment, process.execPath, cli, '--data', data, ...args);
    hvrc('host', 'use', join(root, 'host'));
    hvrc('vault', 'add', 'local', target);
    const child = spawn(process.execPath, [cli, '--data', data, 'run'], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = createInterface({ input: child.stderr! });
    await once(lines, 'line');
    return new BenchEngine(root, diskPath, child);
  }

  /** A command of the built command line, its JSON parsed. */
  hvrc<T>(...args: string[]): T {
    return JSON.parse(run(process.execPath, cli, '--data', join(this.root, 'data'), '--json', ...args)) as T;
  }

  info(): EngineReport {
    return this.hvrc<EngineReport>('engine');
  }

  /** CPU seconds that the engine has used so far, all threads; null where the system does not say. */
  cpuSeconds(): number | null {
    const path = `/proc/${this.process.pid}/stat`;
    if (!existsSync(path)) return null;
    // proc(5): user and system time are the 14th and 15th field, in ticks of 10 ms; the 2nd may hold spaces.
    const fields = readFileSync(path, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
    rmSync(this.root, { recursive: true, force: true });
  }
}
