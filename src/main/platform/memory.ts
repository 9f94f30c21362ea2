import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { ReplicationError } from '../../contract/errors.ts';
import { formatBytes } from './size-words.ts';

/** Memory of the machine, in bytes. */
export interface MemoryRoom {
  readonly totalBytes: number;
  /** What programs can still have without anything being swapped out. */
  readonly availableBytes: number;
}

/** Linux counts files it could drop from memory as used: what can be had of that only `/proc/meminfo` says. */
export const memoryRoom = (): MemoryRoom => {
  const totalBytes = totalmem();
  const availableBytes = process.platform === 'linux' ? (availableOnLinux() ?? freemem()) : freemem();
  return { totalBytes, availableBytes };
};

const availableOnLinux = (): number | null => {
  try {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    // A container may hide it.
    return null;
  }
};

const mebibyte = 1024 ** 2;
const floorShare = 0.05;
const floorBytes = 256 * mebibyte;

/** What work leaves to others: 256 MiB, of a small machine 5 %. */
export const memoryFloor = (totalBytes: number): number => Math.min(floorBytes, totalBytes * floorShare);

/**
 * Work begins above the floor and ends below half of it, so that what it takes itself does not end it.
 * @throws ReplicationError `LOW_MEMORY`
 */
export const requireMemory = (
  { totalBytes, availableBytes }: MemoryRoom,
  when: 'before' | 'during',
): void => {
  const neededBytes = when === 'before' ? memoryFloor(totalBytes) : memoryFloor(totalBytes) / 2;
  if (availableBytes >= neededBytes) return;
  const [available, total, needed] = [availableBytes, totalBytes, neededBytes].map(formatBytes);
  const what = when === 'before' ? 'the work was not begun' : 'the work was ended at its last checkpoint';
  throw new ReplicationError(
    'LOW_MEMORY',
    `The machine has ${available} of ${total} memory left, less than ${needed}: ${what}.`,
  );
};
