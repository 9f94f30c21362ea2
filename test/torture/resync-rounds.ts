import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isEnded, type JobReport, type ResyncResult } from '../../src/contract/job-reports.ts';
import { EngineProcess } from '../support/engine-process.ts';
import { randomBelow, randomFrom } from '../support/random.ts';
import { type CrashOptions, Site } from './crash-rounds.ts';

/**
 * The crash harness for resynchronization: the VM is resynchronized while its guests write, and the engine is killed, or
 * its vault goes away for a moment, once a share of the blocks that chance chose is compared or sent. Every few rounds the guests shut down, the resynchronization is brought to
 * its end, and the replicas must equal the disks, by qemu's word.
 */
export interface ResyncOutcome {
  readonly kills: number;
  readonly vaultFaults: number;
  /** Comparisons that went on from a checkpoint instead of beginning anew. */
  readonly resumed: number;
  readonly comparisons: number;
}

const roundsPerLife = 10;
const pollMs = 5;

export const runResyncRounds = async (options: CrashOptions): Promise<ResyncOutcome> => {
  const { directory, rounds, seed } = options;
  const random = randomFrom(seed);
  const outcome = { kills: 0, vaultFaults: 0, resumed: 0, comparisons: 0 };
  for (let round = 0, life = 1; round < rounds; life += 1) {
    const site = new Site(join(directory, `resync-life-${life}`), seed + life);
    await site.prepare(random);
    await withEngine(site, async (engine) => void (await engine.job('sync', site.vm)));
    for (const end = Math.min(rounds, round + roundsPerLife); round < end; round += 1) {
      const kind = round % 2 === 0 ? 'kills' : 'vaultFaults';
      const result = kind === 'kills' ? await killDuring(site, random) : await faultDuring(site, random);
      outcome[kind] += 1;
      if (wentOn(result)) outcome.resumed += 1;
      options.onRound?.(`resync round ${round + 1}: ${kind}${wentOn(result) ? ', resumed' : ''}`);
    }
    outcome.comparisons += await site.finish(async (engine) => {
      if (wentOn(await resynchronized(engine, site))) outcome.resumed += 1;
    });
    options.onRound?.(`after resync round ${round}: replicas identical`);
    rmSync(site.directory, { recursive: true });
  }
  return outcome;
};

const wentOn = (result: ResyncResult | null): boolean =>
  result?.disks?.some(({ resumedAt }) => resumedAt !== null) === true;

const slowWorkers = join(import.meta.dirname, 'slow-workers');
const startSlow = (site: Site): Promise<EngineProcess> =>
  EngineProcess.start(site.data, undefined, slowWorkers);

const withEngine = async <T>(site: Site, work: (engine: EngineProcess) => Promise<T>): Promise<T> => {
  const engine = await startSlow(site);
  const result = await work(engine);
  await engine.stop();
  return result;
};

/** Brings a resynchronization to its end, however often a disk that is being written to makes it wait for a retry. */
const resynchronized = async (engine: EngineProcess, site: Site): Promise<ResyncResult> => {
  for (;;) {
    const job = await settled(engine, await engine.request('resync', { vm: site.vm }));
    if (job.result?.kind === 'resync') return job.result;
    if (job.state !== 'waitingForRetry')
      throw new Error(`The resynchronization ended: ${JSON.stringify(job)}`);
  }
};

const settled = async (engine: EngineProcess, { id }: Pick<JobReport, 'id'>): Promise<JobReport> => {
  for (;;) {
    const job = await engine.request('job', { id });
    if (isEnded(job.state) || job.state === 'waitingForRetry') return job;
    await pause(pollMs);
  }
};

/** Kills the engine once the comparison has come as far as chance says; what it comes to earlier stands. */
const killDuring = async (site: Site, random: () => number): Promise<ResyncResult | null> => {
  const engine = await startSlow(site);
  const reached = progressed(engine, random);
  const { id } = await engine.request('resync', { vm: site.vm });
  const job = await Promise.race([reached, settled(engine, { id })]);
  await engine.kill();
  return job === null ? null : (job.result as ResyncResult | null);
};

/** The vault is gone for a moment; the same job goes on when it is asked to. */
const faultDuring = (site: Site, random: () => number): Promise<ResyncResult> =>
  withEngine(site, async (engine) => {
    const reached = progressed(engine, random);
    const { id } = await engine.request('resync', { vm: site.vm });
    await Promise.race([reached, settled(engine, { id })]);
    renameSync(site.vault, `${site.vault}-away`);
    await pause(randomBelow(random, 100));
    renameSync(`${site.vault}-away`, site.vault);
    return resynchronized(engine, site);
  });

/** Resolves with null when a chosen share of the blocks is compared or, of a third of the runs, confirmed as sent. */
const progressed = (engine: EngineProcess, random: () => number): Promise<null> => {
  const share = random();
  const ofSent = random() < 1 / 3;
  return new Promise((resolve) => {
    const stop = engine.watch((push) => {
      const resync = push.kind === 'status' ? push.status.resyncProgress : null;
      if (resync === null || resync === undefined) return;
      const { comparedBlocks, totalBlocks, sentBlocks, differentBlocks } = resync;
      const isThere = ofSent
        ? sentBlocks > 0 && sentBlocks >= share * differentBlocks
        : comparedBlocks >= share * totalBlocks;
      if (!isThere) return;
      stop();
      resolve(null);
    });
  });
};
