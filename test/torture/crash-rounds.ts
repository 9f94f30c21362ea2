import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ReplicationError } from '../../src/contract/errors.ts';
import { createDynamicVhdWriter } from '../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { logHeaderBytes } from '../../src/main/hrl/log-header.ts';
import { EngineProcess } from '../support/engine-process.ts';
import { qemuIdentical, qemuImg } from '../support/oracles.ts';
import { randomBelow, randomFrom } from '../support/random.ts';
import { BusyDisk } from './busy-disk.ts';

/**
 * The crash harness. A VM with two busy disks is protected and replicated again and again while the engine is killed
 * (SIGKILL) in every phase; each time it is started anew and must carry on by itself. Every few rounds the guest shuts
 * down, a last cycle runs, and the replicas must equal the disks, by qemu's word.
 */

/** Where the engine is when it is killed, told by what lies on the disks at that moment. */
export const phases = ['initial', 'tracking', 'rotation', 'delta', 'apply', 'anywhere'] as const;
export type Phase = (typeof phases)[number];

export interface CrashOptions {
  /** An empty directory on a real file system. */
  readonly directory: string;
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (line: string) => void;
}

export interface CrashOutcome {
  readonly kills: Readonly<Record<Phase, number>>;
  /** Comparisons of a replica with its quiesced source. */
  readonly comparisons: number;
  readonly restores: number;
}

const mebibyte = 1024 * 1024;
/** A marker that does not show within so many cycles was not to be had in this round. */
const cyclesPerRound = 40;

export const runCrashRounds = async (options: CrashOptions): Promise<CrashOutcome> => {
  const { directory, rounds, seed } = options;
  const random = randomFrom(seed);
  const kills: Record<Phase, number> = {
    initial: 0,
    tracking: 0,
    rotation: 0,
    delta: 0,
    apply: 0,
    anywhere: 0,
  };
  let comparisons = 0;
  let restores = 0;
  for (let round = 0, life = 1; round < rounds; life += 1) {
    const site = new Site(join(directory, `life-${life}`), seed + life);
    await site.prepare(random);
    for (const phase of phases.slice(0, rounds - round)) {
      const hit = await site.killDuring(phase, random);
      if (hit) kills[phase] += 1;
      round += 1;
      options.onRound?.(`round ${round}: killed ${hit ? `during ${phase}` : `while waiting for ${phase}`}`);
    }
    comparisons += await site.finish();
    restores += 1;
    options.onRound?.(`after round ${round}: replicas identical, newest point restored and verified`);
    rmSync(site.directory, { recursive: true });
  }
  return { kills, comparisons, restores };
};

/** A VM whose disks are written into all the while, a vault, and an engine's data directory. */
export class Site {
  readonly directory: string;
  readonly vm = 'BUSY01';
  readonly vault: string;
  readonly data: string;
  private readonly seed: number;
  private readonly disks: readonly string[];
  private writers: BusyDisk[] = [];

  constructor(directory: string, seed: number) {
    this.directory = directory;
    this.seed = seed;
    this.vault = join(directory, 'vault');
    this.data = join(directory, 'data');
    const folder = join(directory, 'host', this.vm);
    this.disks = [join(folder, 'system.vhdx'), join(folder, 'data.vhd')];
  }

  /** A VM with content, a vault, an engine that knows both, and guests that begin to write. */
  async prepare(random: () => number): Promise<void> {
    mkdirSync(join(this.directory, 'host', this.vm), { recursive: true });
    const [system = '', data = ''] = this.disks;
    const writers = [
      createVhdxWriter(system, { sizeBytes: 256 * mebibyte, blockBytes: mebibyte }),
      createDynamicVhdWriter(data, { sizeBytes: 128 * mebibyte }),
    ];
    const content = Buffer.alloc(mebibyte);
    for (const writer of writers) {
      for (let offset = 0; offset < writer.sizeBytes / 5; offset += mebibyte) {
        for (let at = 0; at < content.length; at += 4)
          content.writeUInt32LE(randomBelow(random, 2 ** 32), at);
        writer.write(content, offset);
      }
      await writer.close();
    }
    const engine = await EngineProcess.start(this.data);
    await engine.request('host.use', { path: join(this.directory, 'host') });
    await engine.request('vault.add', { name: 'local', target: this.vault });
    await engine.request('protect', { vm: this.vm, vault: 'local', retentionPoints: 3 });
    await engine.stop();
    this.writers = await Promise.all(
      this.disks.map((disk, index) => BusyDisk.start(disk, this.seed * 10 + index)),
    );
  }

  /** Starts the engine, lets it replicate, and kills it once `phase` shows. Returns whether it showed. */
  async killDuring(phase: Phase, random: () => number): Promise<boolean> {
    const engine = await EngineProcess.start(this.data);
    const killed = new AbortController();
    const work = this.replicate(engine, killed.signal);
    const seen = await Promise.race([this.waitFor(phase, random, killed.signal), work.then(() => false)]);
    await pause(randomBelow(random, 15));
    killed.abort();
    await engine.kill();
    await work;
    return seen;
  }

  /**
   * The guests shut down; a last cycle must make replicas and disks equal. `first` is done before it. Returns the number
   * of comparisons.
   */
  async finish(first: (engine: EngineProcess) => Promise<void> = async () => {}): Promise<number> {
    for (const writer of this.writers) await writer.quiesce();
    const engine = await EngineProcess.start(this.data);
    await first(engine);
    await engine.job('sync', this.vm);
    const verified = await engine.job('verify', this.vm);
    if (verified.result?.kind !== 'verify' || !verified.result.identical) {
      throw new Error(`verify found differences: ${JSON.stringify(verified.result)}`);
    }
    const disks = await engine.replicatedDisks(this.vm);
    const toDirectory = join(this.directory, 'restored');
    await engine.finish(await engine.request('restore', { vm: this.vm, toDirectory }));
    await engine.stop();
    for (const disk of disks) {
      qemuImg('check', '-q', '-f', 'vhdx', disk.replica);
      const format = disk.path.endsWith('.vhd') ? 'vpc' : 'vhdx';
      if (!qemuIdentical(disk.replica, 'vhdx', disk.path, format)) {
        throw new Error(`The replica of ${disk.path} differs from it`);
      }
      const restored = join(toDirectory, disk.name);
      if (!qemuIdentical(restored, format, disk.path, format))
        throw new Error(`${restored} differs from ${disk.path}`);
    }
    return disks.length;
  }

  /** One cycle after the other until killed. Nothing but the kill may end a cycle. */
  private async replicate(engine: EngineProcess, killed: AbortSignal): Promise<void> {
    try {
      for (let cycle = 0; cycle < cyclesPerRound && !killed.aborted; cycle += 1)
        await engine.job('sync', this.vm);
    } catch (error) {
      if (!killed.aborted || error instanceof ReplicationError) throw error;
    }
  }

  private async waitFor(phase: Phase, random: () => number, killed: AbortSignal): Promise<boolean> {
    if (phase === 'anywhere') {
      await pause(randomBelow(random, 600));
      return true;
    }
    const shows = this.marker(phase);
    while (!killed.aborted) {
      if (shows()) return true;
      await pause(1);
    }
    return false;
  }

  private marker(phase: Exclude<Phase, 'anywhere'>): () => boolean {
    const replica = join(this.vault, this.vm);
    const internal = join(replica, '.hvrc');
    const inDisks = (test: (name: string) => boolean) => () =>
      readNames(internal).some((disk) => readNames(join(internal, disk)).some(test));
    switch (phase) {
      case 'initial':
        return () => readNames(replica).some((name) => name.endsWith('.partial'));
      case 'tracking':
        return () =>
          this.disks.some(
            (disk) => (statSync(`${disk}.hrl`, { throwIfNoEntry: false })?.size ?? 0) > logHeaderBytes,
          );
      case 'rotation':
        return () =>
          readNames(join(this.directory, 'host', this.vm)).some((name) => /\.\d+\.hrl$/.test(name));
      case 'delta':
        return inDisks((name) => name.startsWith('staged-'));
      case 'apply':
        return () => existsSync(join(internal, 'commit.json'));
    }
  }
}

const readNames = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
