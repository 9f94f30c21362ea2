import type { SeriesValues, VmSeriesReport } from '../../contract/series.ts';
import { formatBytes, formatDuration, formatRate, formatTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { largestOf } from './chart-rows.ts';

const momentOf = (report: VmSeriesReport, values: SeriesValues, value: number, nowMs: number): string =>
  formatTime(report.times[values.indexOf(value)] ?? '', nowMs);

/** What a chart's subject came to, for those who read it before the curve, or instead of it. */
export const rpoWords = (report: VmSeriesReport, nowMs: number): string => {
  const most = largestOf(report.rpoSeconds);
  const values = {
    most: formatDuration(most),
    time: momentOf(report, report.rpoSeconds, most, nowMs),
  };
  if (report.rpoLimitSeconds === null) return t('chart.rpo.most', values);
  const limit = formatDuration(report.rpoLimitSeconds);
  return most > report.rpoLimitSeconds
    ? t('chart.rpo.over', { ...values, limit })
    : t('chart.rpo.under', { ...values, limit });
};

export const sentWords = (report: VmSeriesReport, nowMs: number): string => {
  const most = largestOf(report.sentBytes);
  if (most === 0) return t('chart.sent.none');
  return t('chart.sent.sum', {
    sum: formatBytes(report.sentBytes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)),
    most: formatBytes(most),
    step: formatDuration(report.stepSeconds),
    time: momentOf(report, report.sentBytes, most, nowMs),
  });
};

export const speedWords = (report: VmSeriesReport, nowMs: number): string => {
  const most = largestOf(report.throughputBytesPerSecond);
  return t('chart.speed.most', {
    most: formatRate(most),
    time: momentOf(report, report.throughputBytesPerSecond, most, nowMs),
  });
};

/** Since when there are values, when that is later than the axis begins; else null. */
export const sinceWords = (report: VmSeriesReport, values: SeriesValues, nowMs: number): string | null => {
  const first = values.findIndex((value) => value !== null);
  const at = report.times[first];
  return first <= 1 || at === undefined ? null : t('chart.since', { time: formatTime(at, nowMs) });
};

/** When the first value comes: samples are taken on the minute, while replication cycles run. */
export const firstValueWords = (running: boolean, nowMs: number): string =>
  running
    ? t('chart.firstAt', {
        time: formatTime(new Date((Math.floor(nowMs / 60_000) + 1) * 60_000).toISOString(), nowMs),
      })
    : t('chart.notSampled');
