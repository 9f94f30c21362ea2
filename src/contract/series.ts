/**
 * A protected VM's past as charts draw it: one axis of equal steps, and for each series one value a step. A value is null
 * where nothing was sampled (the engine did not run, the VM was not protected yet): a chart leaves a gap there.
 */

import { z } from 'zod';

export const seriesRanges = ['1h', '24h', '7d', '30d'] as const;
export type SeriesRange = (typeof seriesRanges)[number];
export const seriesRange = z.literal(seriesRanges);

/** One value a step of the report's axis. */
export type SeriesValues = readonly (number | null)[];

/** When a log will have grown to its threshold, should it go on growing as it has lately. */
export interface LogProjection {
  readonly growthBytesPerSecond: number;
  /** When 50 % of the disk will be reached. */
  readonly thresholdAt: string;
}

export interface DiskSeries {
  readonly diskId: string;
  readonly name: string;
  /** 50 % of the disk, as it is now. */
  readonly thresholdBytes: number;
  /** The largest that the disk's logs were within the step. */
  readonly hrlBytes: SeriesValues;
  /** Null while the logs do not grow: what is sent in time never adds up. */
  readonly projection: LogProjection | null;
}

export interface VolumeSeries {
  /** Where the volume is mounted: `D:\`, `/srv/vms`. */
  readonly mount: string;
  /** Names of the VM's disks whose logs lie on it. */
  readonly disks: readonly string[];
  /** As last asked; null while it cannot be asked. */
  readonly totalBytes: number | null;
  /** The least that was free within the step. */
  readonly freeBytes: SeriesValues;
}

/** The answer to `vm.series`: at most 400 steps, the oldest first; the last one is still going on. */
export interface VmSeriesReport {
  readonly vmId: string;
  readonly vm: string;
  readonly range: SeriesRange;
  readonly stepSeconds: number;
  /** The beginning of each step. */
  readonly times: readonly string[];
  /** The greatest RPO within the step; null too before the first replica was complete. */
  readonly rpoSeconds: SeriesValues;
  /** What the RPO should stay below; null when the VM has no copy frequency. */
  readonly rpoLimitSeconds: number | null;
  /** Sent to the vault by what ended within the step. */
  readonly sentBytes: SeriesValues;
  /** Speed while changes were being sent; null too where nothing was. */
  readonly throughputBytesPerSecond: SeriesValues;
  /** Found to have changed within the step. */
  readonly changedBytes: SeriesValues;
  /** The same a second, averaged over the step. */
  readonly changeRateBytesPerSecond: SeriesValues;
  readonly disks: readonly DiskSeries[];
  readonly volumes: readonly VolumeSeries[];
}
