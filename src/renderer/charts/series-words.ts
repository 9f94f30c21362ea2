import type { SeriesValues, VmSeriesReport } from '../../contract/series.ts';
import { formatBytes, formatDuration, formatRate, formatTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { largestOf } from './chart-rows.ts';

interface Peak {
  readonly value: number;
  readonly time: string;
}

/** The largest value and when it was; null where there is none. */
const peakOf = (report: VmSeriesReport, values: SeriesValues, nowMs: number): Peak | null => {
  const value = largestOf(values);
  const at = report.times[values.indexOf(value)];
  return at === undefined ? null : { value, time: formatTime(at, nowMs) };
};

/** What a chart's subject came to, for those who read it before the curve, or instead of it; empty without values. */
export const rpoWords = (report: VmSeriesReport, nowMs: number): string => {
  const peak = peakOf(report, report.rpoSeconds, nowMs);
  if (peak === null) return '';
  const values = { most: formatDuration(peak.value), time: peak.time };
  if (report.rpoLimitSeconds === null) return t('chart.rpo.most', values);
  const limit = formatDuration(report.rpoLimitSeconds);
  return peak.value > report.rpoLimitSeconds
    ? t('chart.rpo.over', { ...values, limit })
    : t('chart.rpo.under', { ...values, limit });
};

export const sentWords = (report: VmSeriesReport, nowMs: number): string => {
  const peak = peakOf(report, report.sentBytes, nowMs);
  if (peak === null) return '';
  if (peak.value === 0) return t('chart.sent.none');
  return t('chart.sent.sum', {
    sum: formatBytes(report.sentBytes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)),
    most: formatBytes(peak.value),
    step: formatDuration(report.stepSeconds),
    time: peak.time,
  });
};

export const speedWords = (report: VmSeriesReport, nowMs: number): string => {
  const peak = peakOf(report, report.throughputBytesPerSecond, nowMs);
  return peak === null ? '' : t('chart.speed.most', { most: formatRate(peak.value), time: peak.time });
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
