import { type ChildProcess, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../scripts/product.ts';
import type { EngineReport } from '../../src/contract/reports.ts';
import { createVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { run } from './measure.ts';

const mebibyte = 1024 * 1024;
export const diskBytes = 4096 * mebibyte;
const cli = join(projectRoot, 'out/main/cli.js');

/** The source that the benchmarks replicate: a 4 GiB VHDX with 2 GiB of random data in runs of 64 MiB. */
export class BenchSite {
  readonly directory: string;
  readonly diskPath: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.diskPath = join(directory, 'source.vhdx');
  }

  static async create(directory: string): Promise<BenchSite> {
    const site = new BenchSite(directory);
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
  async engine(name: string, diskPath = this.diskPath): Promise<BenchEngine> {
    const root = join(this.directory, name);
    rmSync(root, { recursive: true, force: true });
    const folder = join(root, 'host', 'VM1');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'disk.vhdx');
    linkSync(diskPath, path);
    return BenchEngine.start(root, path);
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

  static async start(root: string, diskPath: string): Promise<BenchEngine> {
    const data = join(root, 'data');
    const hvrc = (...args: string[]) => run(process.execPath, cli, '--data', data, ...args);
    hvrc('host', 'use', join(root, 'host'));
    hvrc('vault', 'add', 'local', join(root, 'vault'));
    const child = spawn(process.execPath, [cli, '--data', data, 'run'], {
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

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
    rmSync(this.root, { recursive: true, force: true });
  }
}
