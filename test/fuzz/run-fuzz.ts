import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FuzzReport } from './run-target.ts';
import { findTargets } from './targets.ts';

/** A round that stands still for this long hangs: even its repetitions would have ended. */
const hangMs = 30_000;
const lookEveryMs = 1000;

export interface FuzzRequest {
  /** Names of targets; all when empty. */
  readonly targets: readonly string[];
  /** Rounds for each target. */
  readonly rounds: number;
  readonly seed: number;
  readonly firstRound?: number;
  readonly onProgress?: (target: string, doneRounds: number) => void;
}

/** What the worker is given. `progress`: index of the target, round, rounds done in all. */
export interface FuzzOrder {
  readonly targets: readonly string[];
  readonly rounds: number;
  readonly seed: number;
  readonly firstRound: number;
  readonly folder: string;
  readonly keepIn: string;
  readonly progress: SharedArrayBuffer;
}

/**
 * Fuzzes in a worker thread, watched from this one, which can stop it even in an endless loop.
 * @throws Error naming target, seed and round when a round hangs
 */
export const runFuzz = async (request: FuzzRequest): Promise<readonly FuzzReport[]> => {
  const targets = findTargets(request.targets).map((target) => target.name);
  const folder = mkdtempSync(join(tmpdir(), 'hvrc-fuzz-'));
  const shared = new SharedArrayBuffer(12);
  const progress = new Int32Array(shared);
  const order: FuzzOrder = {
    targets,
    rounds: request.rounds,
    seed: request.seed,
    firstRound: request.firstRound ?? 0,
    folder,
    keepIn: join(tmpdir(), 'hvrc-fuzz-failures'),
    progress: shared,
  };
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData: order });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<readonly FuzzReport[]>((resolve, reject) => {
      let seen = 0;
      let seenAtMs = performance.now();
      watch = setInterval(() => {
        const done = Atomics.load(progress, 2);
        const target = targets[Atomics.load(progress, 0)] ?? '';
        request.onProgress?.(target, done);
        if (done !== seen) {
          seen = done;
          seenAtMs = performance.now();
        } else if (performance.now() - seenAtMs > hangMs) {
          const round = Atomics.load(progress, 1);
          reject(
            new Error(
              `${target} hangs: --target ${target} --seed ${request.seed} --from ${round} --rounds 1`,
            ),
          );
        }
      }, lookEveryMs);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`The fuzzing worker ended early with code ${code}.`)));
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
    rmSync(folder, { recursive: true, force: true });
  }
};
