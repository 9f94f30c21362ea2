import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ReplicationError } from '../../src/contract/errors.ts';
import { randomBelow, randomFrom } from '../support/random.ts';
import { FuzzImage } from './fuzz-image.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutate.ts';

/** A round must end within this. Measured up to three times, as a busy machine may stop any one of them. */
export const longestRoundMs = 2000;
const mostRssGrowthBytes = 256 * 1024 * 1024;
/** Code and caches settle first; growth counts from here. */
const warmUpRounds = 50;
const roundsPerRssSample = 16;
const mostFailures = 10;

export interface FuzzFailure {
  readonly round: number;
  readonly what: string;
  readonly mutations: readonly string[];
  /** Where the mutated files were kept. */
  readonly keptIn: string;
}

export interface FuzzReport {
  readonly target: string;
  readonly rounds: number;
  /** Rounds in which the file still worked. */
  readonly accepted: number;
  /** Rounds that ended in a catalogued error, by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly rssGrowthBytes: number;
  readonly failures: readonly FuzzFailure[];
}

export interface FuzzPlan {
  readonly rounds: number;
  readonly seed: number;
  /** The first round, to repeat a single one. */
  readonly firstRound: number;
  /** An empty folder for the seed files. */
  readonly folder: string;
  readonly keepIn: string;
}

/** Mutates and exercises one target. Round n of a seed is the same whatever ran before it. */
export const runTarget = async (
  target: FuzzTarget,
  plan: FuzzPlan,
  onRound: (round: number) => void,
): Promise<FuzzReport> => {
  const entry = await target.makeSeed(plan.folder);
  // A seed that does not work would make every round a success.
  await target.exercise(entry);
  const images = readdirSync(plan.folder)
    .map((name) => join(plan.folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => new FuzzImage(path));
  let accepted = 0;
  let slowestMs = 0;
  let startRss = process.memoryUsage.rss();
  let rssGrowthBytes = 0;
  const refused: Record<string, number> = {};
  const failures: FuzzFailure[] = [];
  for (let index = 0; index < plan.rounds && failures.length < mostFailures; index += 1) {
    const round = plan.firstRound + index;
    onRound(round);
    const random = randomFrom(hash(`${target.name}/${plan.seed}/${round}`));
    const image = images[randomBelow(random, images.length)]!;
    const mutations = mutate(image, random);
    if (target.repair !== undefined && random() < 0.75) target.repair(image);
    const fail = (what: string): void => {
      const keptIn = keep(images, join(plan.keepIn, `${target.name}-${plan.seed}-${round}`));
      failures.push({ round, what, mutations: [`in ${basename(image.path)}`, ...mutations], keptIn });
    };
    const { thrown, elapsedMs } = await exercise(target, entry);
    slowestMs = Math.max(slowestMs, elapsedMs);
    if (thrown === null) accepted += 1;
    else if (thrown instanceof ReplicationError) refused[thrown.code] = (refused[thrown.code] ?? 0) + 1;
    else fail(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    if (elapsedMs > longestRoundMs && (await leastElapsed(target, entry, elapsedMs)) > longestRoundMs) {
      fail(`took ${Math.round(elapsedMs)} ms`);
    }
    if (index === warmUpRounds) startRss = process.memoryUsage.rss();
    if (index > warmUpRounds && index % roundsPerRssSample === 0) {
      rssGrowthBytes = Math.max(rssGrowthBytes, process.memoryUsage.rss() - startRss);
      if (rssGrowthBytes > mostRssGrowthBytes) {
        fail(
          `memory grew by ${Math.round(rssGrowthBytes / 1024 / 1024)} MiB in this or a round shortly before`,
        );
        break;
      }
    }
    image.restore();
  }
  for (const image of images) image.close();
  return { target: target.name, rounds: plan.rounds, accepted, refused, slowestMs, rssGrowthBytes, failures };
};

const exercise = async (
  target: FuzzTarget,
  path: string,
): Promise<{ thrown: unknown; elapsedMs: number }> => {
  const startMs = performance.now();
  try {
    await target.exercise(path);
    return { thrown: null, elapsedMs: performance.now() - startMs };
  } catch (thrown) {
    return { thrown: thrown ?? new Error('nothing was thrown'), elapsedMs: performance.now() - startMs };
  }
};

const leastElapsed = async (target: FuzzTarget, path: string, firstMs: number): Promise<number> => {
  const again = [await exercise(target, path), await exercise(target, path)];
  return Math.min(firstMs, ...again.map(({ elapsedMs }) => elapsedMs));
};

const keep = (images: readonly FuzzImage[], folder: string): string => {
  mkdirSync(folder, { recursive: true });
  for (const { path } of images) copyFileSync(path, join(folder, basename(path)));
  return folder;
};

const hash = (text: string): number => {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state >>> 0;
};
