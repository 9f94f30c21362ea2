import type { StatisticsPeriod, VmStatisticsReport } from '../../contract/statistics.ts';
import { hourOf } from '../replication/reports/monitoring-interval.ts';
import { averageLatencyMs, type StatisticsTotals } from '../replication/reports/statistics.ts';
import { bitmapBytes } from '../replication/tracking/log-room.ts';
import type { ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';

type Parts = Pick<ConsoleContext, 'store' | 'clock' | 'statistics'>;

const hourMs = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** A VM's statistics of the present interval, and its past hours. */
export const vmStatistics = (
  { store, clock, statistics }: Parts,
  record: ProtectionRecord,
): VmStatisticsReport => {
  const { vmId, name, lastSyncAtMs } = record;
  const nowMs = clock.now();
  const { fromMs, totals } = statistics.interval(record, nowMs);
  const periods = store.statistics.list(vmId, 0);
  return {
    vmId,
    vm: name,
    from: iso(fromMs),
    to: iso(nowMs),
    ...figures(totals),
    pendingBytes: store.protectedDisks
      .list(vmId)
      .filter(({ excluded }) => !excluded)
      .reduce((sum, disk) => sum + disk.hrl.bytes + bitmapBytes(disk), 0),
    lastSyncAt: lastSyncAtMs === null ? null : iso(lastSyncAtMs),
    lastTestFailoverAt: null,
    history: periods.map((period, index): StatisticsPeriod => {
      const endMs = Math.min(hourOf(period.fromMs) + hourMs, nowMs);
      const toMs = Math.min(periods[index + 1]?.fromMs ?? endMs, endMs);
      return { from: iso(period.fromMs), to: iso(Math.max(toMs, period.fromMs)), ...figures(period) };
    }),
  };
};

/** Begins the present interval's statistics anew; what was counted stays in the history. */
export const resetStatistics = (
  context: Parts & Pick<ConsoleContext, 'events'>,
  record: ProtectionRecord,
): VmStatisticsReport => {
  const { vmId, name } = record;
  context.statistics.reset(vmId, context.clock.now());
  context.events.info(`The statistics of ${name} were reset.`, { vmId, vm: name });
  return vmStatistics(context, record);
};

const figures = (totals: StatisticsTotals): Omit<StatisticsPeriod, 'from' | 'to'> => {
  const { done, missed, errors, sumBytes, maxBytes, sent, maxLatencyMs } = totals;
  const latencyMs = averageLatencyMs(totals);
  return {
    cyclesDone: done,
    cyclesDue: done + missed,
    cyclesMissed: missed,
    errors,
    averageSizeBytes: done === 0 ? null : Math.round(sumBytes / done),
    maximumSizeBytes: done === 0 ? null : maxBytes,
    averageLatencySeconds: latencyMs === null ? null : latencyMs / 1000,
    maximumLatencySeconds: sent === 0 ? null : maxLatencyMs / 1000,
  };
};
