import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** One line of the benchmark's table. */
export interface BenchResult {
  readonly what: string;
  readonly measured: string;
  readonly peer: string | null;
  /** Ours ÷ the peer's, by medians. */
  readonly ratio: number | null;
  readonly goal: string;
  /** Null where the figure is only told. */
  readonly met: boolean | null;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Seconds that `work` takes. */
export const seconds = async (work: () => unknown): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
};

export const describeTimes = (times: readonly number[]): string =>
  `${median(times).toFixed(3)} s (min ${Math.min(...times).toFixed(3)})`;

/** Runs every contender once a round, in a new random order each round. */
export const inRandomOrder = async <K extends string>(
  rounds: number,
  contenders: Readonly<Record<K, (round: number) => Promise<number>>>,
): Promise<Record<K, number[]>> => {
  const names = Object.keys(contenders) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    const order = names
      .map((name) => ({ name, at: Math.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => name);
    for (const name of order) times[name].push(await contenders[name](round));
  }
  return times;
};

export const against = (
  what: string,
  ours: readonly number[],
  peer: readonly number[],
  peerName: string,
  limit: number,
): BenchResult => {
  const ratio = median(ours) / median(peer);
  return {
    what,
    measured: describeTimes(ours),
    peer: `${peerName} ${describeTimes(peer)}`,
    ratio,
    goal: `≤ ${limit} ×`,
    met: ratio <= limit,
  };
};

export const run = (command: string, ...args: string[]): string => runWith({}, command, ...args);

export const runWith = (
  environment: Readonly<Record<string, string>>,
  command: string,
  ...args: string[]
): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
};

/** Empties the page cache; false where this account may not. */
export const dropCaches = (): boolean => {
  run('sync');
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENOENT', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw error;
  }
};

/**
 * Brings the machine to the same state before each contender. A virtual machine gives freed memory back to its host after
 * a second or two and pays for getting it again, more than the writing itself costs: whoever started right after
 * somebody's files were deleted would win.
 */
export const settle = async (): Promise<void> => {
  run('sync');
  await pause(8_000);
};
