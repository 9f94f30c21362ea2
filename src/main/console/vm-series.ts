import type {
  DiskSeries,
  LogProjection,
  SeriesRange,
  SeriesValues,
  VmSeriesReport,
  VolumeSeries,
} from '../../contract/series.ts';
import { rpoLimitSeconds } from '../replication/reports/rpo.ts';
import { forecastThreshold, type LogSize, recentMs } from '../replication/tracking/log-projection.ts';
import { thresholdShare } from '../replication/tracking/scan-into-log.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { SampledStep, SampleKind, SampleTier } from '../store/sample-table.ts';
import type { ConsoleContext } from './console-context.ts';

interface RangePlan {
  readonly seconds: number;
  readonly stepSeconds: number;
  readonly tier: SampleTier;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Steps that keep an answer at 360 of them at most, each from the finest tier that reaches back so far. */
const ranges: Readonly<Record<SeriesRange, RangePlan>> = {
  '1h': { seconds: hour, stepSeconds: minute, tier: 'minute' },
  '24h': { seconds: day, stepSeconds: 5 * minute, tier: 'fiveMinutes' },
  '7d': { seconds: 7 * day, stepSeconds: 30 * minute, tier: 'fiveMinutes' },
  '30d': { seconds: 30 * day, stepSeconds: 2 * hour, tier: 'hour' },
};

/** A VM's sampled past over one of the ranges. */
export const vmSeries = (
  { store, clock, settings, volumes }: Pick<ConsoleContext, 'store' | 'clock' | 'settings' | 'volumes'>,
  record: ProtectionRecord,
  range: SeriesRange,
): VmSeriesReport => {
  const { seconds, stepSeconds, tier } = ranges[range];
  const now = Math.floor(clock.now() / 1000);
  const last = now - (now % stepSeconds);
  const first = last - seconds + stepSeconds;
  const axis = Array.from({ length: seconds / stepSeconds }, (_, index) => first + index * stepSeconds);
  const steps = new Steps(store.samples.list(record.vmId, tier, first, stepSeconds), axis);
  const recent = store.samples.list(record.vmId, 'minute', now - recentMs / 1000, minute);
  const disks = store.protectedDisks.list(record.vmId).filter(({ excluded }) => !excluded);
  const changed = steps.counter('changed');
  return {
    vmId: record.vmId,
    vm: record.name,
    range,
    stepSeconds,
    times: axis.map((at) => new Date(at * 1000).toISOString()),
    rpoSeconds: steps.gauge('rpo', ''),
    rpoLimitSeconds: rpoLimitSeconds(record.frequencySeconds, settings.get('monitoring')),
    sentBytes: steps.counter('sent'),
    throughputBytesPerSecond: steps.throughput(),
    changedBytes: changed,
    changeRateBytesPerSecond: changed.map((bytes) =>
      bytes === null ? null : Math.round(bytes / stepSeconds),
    ),
    disks: disks.map((disk) => diskSeries(disk, steps, recent)),
    volumes: steps.subjects('free').map((mount): VolumeSeries => {
      const onIt = disks.filter((disk) => volumes.of(disk)?.mount === mount);
      return {
        mount,
        disks: onIt.map(({ name }) => name),
        totalBytes: (onIt[0] && volumes.of(onIt[0])?.totalBytes) ?? null,
        freeBytes: steps.gauge('free', mount),
      };
    }),
  };
};

const diskSeries = (
  { diskId, name, sizeBytes }: ProtectedDiskRecord,
  steps: Steps,
  recent: readonly SampledStep[],
): DiskSeries => {
  const thresholdBytes = Math.floor(sizeBytes * thresholdShare);
  const sizes = recent.flatMap(({ kind, subject, at, value }): LogSize[] =>
    kind === 'log' && subject === diskId && value !== null ? [{ atMs: at * 1000, bytes: value }] : [],
  );
  return {
    diskId,
    name,
    thresholdBytes,
    hrlBytes: steps.gauge('log', diskId),
    projection: logProjection(sizes, thresholdBytes),
  };
};

const logProjection = (sizes: readonly LogSize[], thresholdBytes: number): LogProjection | null => {
  const forecast = forecastThreshold(sizes, thresholdBytes);
  return forecast === null
    ? null
    : {
        growthBytesPerSecond: forecast.growthBytesPerSecond,
        thresholdAt: new Date(forecast.thresholdAtMs).toISOString(),
      };
};

/** Sampled steps laid out along an axis. */
class Steps {
  private readonly axis: readonly number[];
  private readonly values = new Map<string, Map<number, number | null>>();
  private readonly steps: readonly SampledStep[];

  constructor(steps: readonly SampledStep[], axis: readonly number[]) {
    this.axis = axis;
    this.steps = steps;
    for (const { kind, subject, at, value } of steps) {
      const key = `${kind} ${subject}`;
      const series = this.values.get(key) ?? new Map<number, number | null>();
      this.values.set(key, series.set(at, value));
    }
  }

  subjects(kind: SampleKind): string[] {
    return [...new Set(this.steps.filter((step) => step.kind === kind).map(({ subject }) => subject))];
  }

  gauge(kind: SampleKind, subject: string): SeriesValues {
    const series = this.values.get(`${kind} ${subject}`);
    return this.axis.map((at) => series?.get(at) ?? null);
  }

  /** 0 where there was a sample without one of this kind. */
  counter(kind: SampleKind): SeriesValues {
    const sampled = this.values.get('rpo ');
    const series = this.values.get(`${kind} `);
    return this.axis.map((at) => (sampled?.has(at) ? (series?.get(at) ?? 0) : null));
  }

  throughput(): SeriesValues {
    const sending = this.gauge('sending', '');
    return this.gauge('sent', '').map((bytes, index) => {
      const ms = sending[index] ?? 0;
      return bytes === null || ms === 0 ? null : Math.round((bytes * 1000) / ms);
    });
  }
}
