/** How fast and how widely replication writes to vaults, as the user sets it. */

import { z } from 'zod';
import { leastBandwidthBps, mostBandwidthBps, mostUploadThreads } from './bandwidth-limits.ts';
import { weekHours } from './week-hours.ts';
import { weekdays } from './weekdays.ts';

const limitBps = z.int().min(leastBandwidthBps).max(mostBandwidthBps).nullable();

/** One limit for everything that is written to vaults; null is none. */
export const bandwidth = z.strictObject({
  workHoursBps: limitBps,
  otherBps: limitBps,
  /** Which hours are work hours. */
  hours: weekHours,
});
export type BandwidthSettings = Readonly<z.infer<typeof bandwidth>>;

export const defaultBandwidth: BandwidthSettings = {
  workHoursBps: null,
  otherBps: null,
  hours: { days: weekdays.slice(0, 5), from: '09:00', to: '18:00' },
};

export const uploadThreads = z.int().min(1).max(mostUploadThreads);

export const upload = z.strictObject({
  /** Requests in flight to a storage account, for each VM that is sent and has no number of its own. */
  threads: uploadThreads,
});
export type UploadSettings = Readonly<z.infer<typeof upload>>;

export const defaultUpload: UploadSettings = { threads: 4 };
