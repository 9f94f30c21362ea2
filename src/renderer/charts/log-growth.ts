import type { DiskSeries } from '../../contract/series.ts';
import { formatDuration, formatRate, formatTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { lastOf } from './chart-rows.ts';
import type { TimeAxis } from './time-axis.ts';

/** Of a disk, at which it must be resynchronized. */
export const thresholdShare = 0.5;
/** More lines than that nobody tells apart. */
export const mostSeries = 4;

/** The size of a disk's log as a share of the disk: so one line is the threshold of all. */
export const shareOf = ({ thresholdBytes }: DiskSeries, bytes: number): number =>
  thresholdBytes === 0 ? 0 : (bytes / thresholdBytes) * thresholdShare;

const currentShare = (disk: DiskSeries): number => shareOf(disk, lastOf(disk.hrlBytes)?.value ?? 0);

/** The disks whose logs are fullest now, in the order of the VM's disks. */
export const fullestDisks = (disks: readonly DiskSeries[]): readonly DiskSeries[] => {
  const chosen = new Set(disks.toSorted((a, b) => currentShare(b) - currentShare(a)).slice(0, mostSeries));
  return disks.filter((disk) => chosen.has(disk));
};

/** The latest moment that a disk's log is projected to reach its threshold; null when none grows. */
export const projectedUntil = (disks: readonly DiskSeries[]): number | null => {
  const moments = disks.flatMap(({ projection }) =>
    projection === null ? [] : [Date.parse(projection.thresholdAt)],
  );
  return moments.length === 0 ? null : Math.max(...moments);
};

export interface Projected {
  readonly fromMs: number;
  readonly fromShare: number;
  readonly toMs: number;
  readonly toShare: number;
}

/** The dashed line from a disk's last value towards the threshold, cut where the axis ends. */
export const projectedLine = (
  disk: DiskSeries,
  times: readonly number[],
  { toMs }: Pick<TimeAxis, 'toMs'>,
): Projected | null => {
  const last = lastOf(disk.hrlBytes);
  const fromMs = last === null ? undefined : times[last.index];
  if (disk.projection === null || last === null || fromMs === undefined) return null;
  const thresholdMs = Date.parse(disk.projection.thresholdAt);
  const fromShare = shareOf(disk, last.value);
  if (thresholdMs <= fromMs || toMs <= fromMs || fromShare >= thresholdShare) return null;
  const endMs = Math.min(thresholdMs, toMs);
  const toShare = fromShare + ((thresholdShare - fromShare) * (endMs - fromMs)) / (thresholdMs - fromMs);
  return { fromMs, fromShare, toMs: endMs, toShare };
};

/** What the growth of the logs comes to, in words: the first one to reach its threshold. */
export const growthWords = (disks: readonly DiskSeries[], nowMs: number): string => {
  const over = disks.find((disk) => currentShare(disk) >= thresholdShare);
  if (over !== undefined) return t('growth.over', { disk: over.name });
  const growing = disks.flatMap(({ name, projection }) =>
    projection === null ? [] : [{ name, projection }],
  );
  const [first] = growing.toSorted((a, b) =>
    a.projection.thresholdAt.localeCompare(b.projection.thresholdAt),
  );
  if (first === undefined) return t('growth.none');
  const { thresholdAt, growthBytesPerSecond } = first.projection;
  return t('growth.reaches', {
    disk: first.name,
    duration: formatDuration(Math.max(60, (Date.parse(thresholdAt) - nowMs) / 1000)),
    time: formatTime(thresholdAt, nowMs),
    rate: formatRate(growthBytesPerSecond),
  });
};
