import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { type FileStamp, sameStamp, settledStamp, stampFileAsync } from '../../platform/file-stamp.ts';

/** Stamps of every file of a disk's chain by path: what shows, without reading, that a disk has not changed. */
export type ChainStamps = { readonly [path: string]: Pick<FileStamp, keyof FileStamp> };

const chainStamps: z.ZodType<ChainStamps> = z.record(
  z.string(),
  z.object({
    device: z.string(),
    inode: z.string(),
    sizeBytes: z.number(),
    modifiedNs: z.string(),
    changedNs: z.string(),
  }),
);

/** Stamps as they were stored; null when there are none. */
export const storedStamps = (stored: unknown): ChainStamps | null =>
  chainStamps.safeParse(stored).data ?? null;

/** Stamps to compare later ones with; null when a file changed so recently that an equal stamp would prove nothing. */
export const settledStamps = async (
  files: readonly string[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<ChainStamps | null> => {
  const stamps: Record<string, FileStamp> = {};
  for (const file of files) {
    const { stamp, settled } = await settledStamp(file, clock, signal);
    if (!settled) return null;
    stamps[file] = stamp;
  }
  return stamps;
};

/** Whether the chain is the same files with the same stamps as when `earlier` (as stored) was taken. */
export const stoodStill = async (files: readonly string[], earlier: unknown): Promise<boolean> => {
  const stamps = storedStamps(earlier);
  if (stamps === null || Object.keys(stamps).length !== files.length) return false;
  for (const file of files) {
    const before = stamps[file];
    if (before === undefined || !sameStamp(before, await stampFileAsync(file))) return false;
  }
  return true;
};
