import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach } from 'vitest';
import type { Console } from '../../src/contract/client.ts';
import { ReplicationError } from '../../src/contract/errors.ts';
import type { EnginePush } from '../../src/contract/events.ts';
import type { JobReport, JobResult } from '../../src/contract/job-reports.ts';
import type { VmStatus } from '../../src/contract/reports.ts';
import { openConsole } from '../../src/main/console/console.ts';
import { compareDisks } from '../../src/main/disk/compare-disks.ts';
import { openVirtualDisk } from '../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter, openDynamicVhdWriter } from '../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import type { VirtualDiskWriter } from '../../src/main/disk/virtual-disk.ts';
import { logHeaderBytes } from '../../src/main/hrl/log-header.ts';
import { createDataDirectory } from '../../src/main/platform/data-directory.ts';
import { volumeSpace } from '../../src/main/platform/volume.ts';
import { WorkerPool } from '../../src/main/workers/worker-pool.ts';
import { FakeClock } from './fake-clock.ts';

export const mebibyte = 1024 * 1024;
export const minuteMs = 60_000;
const workersDirectory = join(import.meta.dirname, '../../src/main/workers');

type Result<K extends JobResult['kind']> = Extract<JobResult, { kind: K }>;

/** A host with a VM of two disks, a directory vault and an engine, all of them real; only time stands still. */
export class EngineSite {
  readonly directory = mkdtempSync(join(tmpdir(), 'hvrc-engine-'));
  readonly host = join(this.directory, 'host');
  readonly vault = join(this.directory, 'vault');
  readonly clock = new FakeClock();
  /** Everything pushed since the engine was opened. */
  readonly pushes: EnginePush[] = [];
  private readonly listeners = new Set<(push: EnginePush) => void>();
  private opened: Console | null = null;

  get console(): Console {
    if (this.opened === null) throw new Error('The engine is not open');
    return this.opened;
  }

  /** What the engine is told of a volume's room. */
  space = volumeSpace;

  /** The folder of the VM, wherever the host keeps it. */
  vm = 'SRV1';

  disk(name: string): string {
    return join(this.host, this.vm, name);
  }

  data(name = 'data'): string {
    return join(this.directory, name);
  }

  /** Makes `SRV1`: system.vhdx of 64 MiB and data.vhd of 32 MiB, some of it filled. */
  async makeVm(): Promise<void> {
    mkdirSync(join(this.host, this.vm), { recursive: true });
    await finish(
      createVhdxWriter(this.disk('system.vhdx'), { sizeBytes: 64 * mebibyte, blockBytes: mebibyte }),
      1,
    );
    await finish(createDynamicVhdWriter(this.disk('data.vhd'), { sizeBytes: 32 * mebibyte }), 2);
  }

  /** Opens the engine on a data directory. The caller starts cycles where it wants them. */
  async open(dataDirectory = this.data(), pool = new WorkerPool(workersDirectory)): Promise<Console> {
    createDataDirectory(dataDirectory);
    this.opened = await openConsole({
      dataDirectory,
      workersDirectory,
      clock: this.clock,
      pool,
      space: (path) => this.space(path),
    });
    this.opened.subscribe((push) => {
      this.pushes.push(push);
      for (const listener of this.listeners) listener(push);
    });
    return this.opened;
  }

  /** Starts replication cycles and waits until the first one is done. */
  async start(): Promise<VmStatus> {
    const idle = this.nextStatus(({ nextCycleAt, activity }) => nextCycleAt !== null && activity === null);
    await this.console.start();
    return idle;
  }

  /** Stops the engine and opens it anew: what another process would find. */
  async reopen(): Promise<Console> {
    await this.console.stop();
    return this.open();
  }

  /**
   * An engine with the host and the vault `nas`. Marked VMs wait for a person: a test that is about the window turns it
   * on, whatever the time of day is.
   */
  async prepare(): Promise<void> {
    await this.makeVm();
    await this.open();
    await this.console.request('settings.change', { resyncWindow: { enabled: false } });
    await this.console.request('host.use', { path: this.host });
    await this.console.request('vault.add', { name: 'nas', target: this.vault });
  }

  /** An engine that has replicated `SRV1` once. */
  async protect(frequencySeconds: 30 | 300 | 900 = 300): Promise<void> {
    await this.prepare();
    const { job } = await this.console.request('protect', { vm: 'SRV1', vault: 'nas', frequencySeconds });
    await this.finish(job!.id);
  }

  async status(): Promise<VmStatus> {
    const { vms } = await this.console.request('status', { vm: this.vm });
    return vms[0]!;
  }

  /** The replica's path of a disk. */
  async replica(name: string): Promise<string> {
    return (await this.status()).disks.find((disk) => disk.name === name)!.replica!;
  }

  async sync(): Promise<Result<'cycle'>> {
    return this.finish((await this.console.request('sync', { vm: this.vm })).id);
  }

  async resync(): Promise<Result<'resync'>> {
    return this.finish((await this.console.request('resync', { vm: this.vm })).id);
  }

  async verify(): Promise<Result<'verify'>> {
    return this.finish((await this.console.request('verify', { vm: this.vm })).id);
  }

  /** What a finished job resulted in. @throws the job's error */
  async finish<K extends JobResult['kind']>(id: number): Promise<Result<K>> {
    const report = await this.console.request('job.wait', { id });
    if (report.kind === 'initial') await this.finalized();
    if (report.error !== null) throw ReplicationError.fromReport(report.error);
    return report.result as Result<K>;
  }

  /** Finalizing follows a first copy by itself. */
  private async finalized(): Promise<void> {
    const jobs = await this.console.request('jobs', {});
    for (const { id, kind } of jobs) if (kind === 'finalize') await this.console.request('job.wait', { id });
  }

  /** The error that a finished job has. */
  async failure(id: number): Promise<JobReport> {
    return this.console.request('job.wait', { id });
  }

  /** Resolves with the next push that fits, from now on. */
  next(fits: (push: EnginePush) => boolean): Promise<EnginePush> {
    return new Promise((resolve) => {
      const listener = (push: EnginePush) => {
        if (!fits(push)) return;
        this.listeners.delete(listener);
        resolve(push);
      };
      this.listeners.add(listener);
    });
  }

  /** Resolves with the next status of the VM that fits. */
  async nextStatus(fits: (status: VmStatus) => boolean): Promise<VmStatus> {
    const push = await this.next((candidate) => candidate.kind === 'status' && fits(candidate.status));
    if (push.kind !== 'status') throw new Error('not a status');
    return push.status;
  }

  nextError(code: string): Promise<EnginePush> {
    return this.next((push) => push.kind === 'event' && push.event.code === code);
  }

  /** A guest writes: `bytes` of one value at an offset. */
  async write(name: string, offset: number, value: number, bytes = 4096): Promise<void> {
    const path = this.disk(name);
    const writer = name.endsWith('.vhd') ? openDynamicVhdWriter(path) : openVhdxWriter(path);
    writer.write(Buffer.alloc(bytes, value), offset);
    await writer.close();
  }

  /** Copies the disks as they are now, to compare with later. */
  keep(label: string): string {
    const directory = join(this.directory, `kept-${label}`);
    mkdirSync(directory);
    for (const name of readdirSync(join(this.host, this.vm))) {
      if (/\.vhdx?$/.test(name)) copyFileSync(this.disk(name), join(directory, name));
    }
    return directory;
  }

  async close(): Promise<void> {
    await this.opened?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const finish = async (writer: VirtualDiskWriter, seed: number): Promise<void> => {
  const content = Buffer.alloc(mebibyte);
  for (let megabyte = 0; megabyte < 8; megabyte += 1) {
    for (let at = 0; at < content.length; at += 4)
      content.writeUInt32LE((at * 2_654_435_761 + seed * 97 + megabyte) >>> 0, at);
    writer.write(content, 2 * megabyte * mebibyte);
  }
  await writer.close();
};

/** Whether two disk files hold the same bytes, whatever their formats. */
export const sameDisks = async (a: string, b: string): Promise<boolean> => {
  const first = openVirtualDisk(a);
  const second = openVirtualDisk(b);
  try {
    const { identical, sizesDiffer } = await compareDisks(first, second);
    return identical && !sizesDiffer;
  } finally {
    first.close();
    second.close();
  }
};

/** Logs with content beside a disk, by name: a log that has only its header waits for changes. */
export const logsBeside = (path: string): string[] =>
  allLogsBeside(path).filter((name) => statSync(join(path, '..', name)).size > logHeaderBytes);

/** Logs beside a disk, by name. */
export const allLogsBeside = (path: string): string[] =>
  readdirSync(join(path, '..')).filter((name) => name.startsWith(basename(path)) && name.endsWith('.hrl'));

/** A site for each test of the file, stopped and removed after it. */
export const engineSite = (): (() => EngineSite) => {
  let site: EngineSite | null = null;
  afterEach(async () => {
    await site?.close();
    site = null;
  });
  return () => {
    site ??= new EngineSite();
    return site;
  };
};
