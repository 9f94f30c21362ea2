import { memo, useState } from 'react';
import type { SeriesRange, VmSeriesReport } from '../../../contract/series.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { largestOf, lastOf, lineRows, stepRows } from '../../charts/chart-rows.ts';
import {
  fullestDisks,
  growthWords,
  projectedLine,
  projectedUntil,
  shareOf,
} from '../../charts/log-growth.ts';
import { RangePicker } from '../../charts/range-picker.tsx';
import { firstValueWords, rpoWords, sentWords, sinceWords, speedWords } from '../../charts/series-words.ts';
import { type TimeAxis, timeAxis } from '../../charts/time-axis.ts';
import { useSeries } from '../../charts/use-series.ts';
import { shareAxis, valueAxis } from '../../charts/value-axis.ts';
import { Loading } from '../../components/loading.tsx';
import { formatBytes, formatDuration, formatPercent, formatRate, formatRoundBytes } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { useSite } from '../../stores/site-store.ts';

interface ChartProps {
  readonly report: VmSeriesReport;
  readonly axis: TimeAxis;
  /** The beginning of each step. */
  readonly times: readonly number[];
  readonly nowMs: number;
  /** What stands where nothing was sampled yet. */
  readonly empty: string;
}

/** What every chart's card is given of it. */
const cardOf = ({ report, axis, nowMs, empty }: ChartProps) => ({ times: report.times, axis, nowMs, empty });

const LogChart = (chart: ChartProps) => {
  const { report, axis, times, nowMs } = chart;
  const disks = fullestDisks(report.disks);
  const series = disks.map((disk) => {
    const values = disk.hrlBytes.map((bytes) => (bytes === null ? null : shareOf(disk, bytes)));
    const last = lastOf(disk.hrlBytes)?.value ?? 0;
    return {
      key: disk.diskId,
      name: disk.name,
      values,
      end: `${formatPercent(shareOf(disk, last))} · ${formatBytes(last)}`,
    };
  });
  return (
    <ChartCard
      {...cardOf(chart)}
      title={t('chart.log')}
      words={growthWords(report.disks, nowMs)}
      since={sinceWords(report, series[0]?.values ?? [], nowMs)}
      rows={lineRows(times, series)}
      series={series}
      shape="lines"
      values={shareAxis(Math.max(0, ...series.map(({ values }) => largestOf(values))))}
      format={formatPercent}
      limits={[
        { value: 0.3, words: t('chart.log.warning30'), tone: 'quiet' },
        { value: 0.4, words: t('chart.log.warning40'), tone: 'quiet' },
        { value: 0.5, words: t('chart.log.threshold'), tone: 'critical' },
      ]}
      projections={disks.flatMap((disk) => {
        const line = projectedLine(disk, times, axis);
        return line === null ? [] : [{ ...line, key: disk.diskId }];
      })}
    >
      {report.disks.length > disks.length ? (
        <p className="note">{t('chart.log.fullest', { count: disks.length, total: report.disks.length })}</p>
      ) : null}
    </ChartCard>
  );
};

const RpoChart = (chart: ChartProps) => {
  const { report, times, nowMs } = chart;
  const { rpoSeconds: values, rpoLimitSeconds: limit } = report;
  const last = lastOf(values)?.value;
  const series = [
    {
      key: 'rpo',
      name: t('column.rpo'),
      values,
      end: last === undefined ? '' : formatDuration(last),
    },
  ];
  return (
    <ChartCard
      {...cardOf(chart)}
      title={t('chart.rpo')}
      words={rpoWords(report, nowMs)}
      since={sinceWords(report, values, nowMs)}
      rows={lineRows(times, series)}
      series={series}
      shape="lines"
      values={valueAxis('seconds', Math.max(largestOf(values), (limit ?? 0) * 1.2))}
      format={formatDuration}
      limits={
        limit === null
          ? []
          : [
              {
                value: limit,
                words: t('chart.rpo.limit', { duration: formatDuration(limit) }),
                tone: 'critical',
              },
            ]
      }
    />
  );
};

const SentChart = (chart: ChartProps) => {
  const { report, times, nowMs } = chart;
  const { sentBytes: values, stepSeconds } = report;
  const series = [
    {
      key: 'sent',
      name: t('chart.sent.name'),
      values,
      end: t('chart.sent.most', { value: formatBytes(largestOf(values)) }),
    },
  ];
  return (
    <ChartCard
      {...cardOf(chart)}
      title={t('chart.sent', { step: formatDuration(stepSeconds) })}
      words={sentWords(report, nowMs)}
      since={sinceWords(report, values, nowMs)}
      rows={stepRows(times, stepSeconds * 1000, series)}
      series={series}
      shape="steps"
      values={valueAxis('bytes', Math.max(1024, largestOf(values)))}
      format={formatBytes}
      formatTick={formatRoundBytes}
    />
  );
};

const SpeedChart = (chart: ChartProps) => {
  const { report, times, nowMs } = chart;
  const { throughputBytesPerSecond: values } = report;
  const last = lastOf(values)?.value;
  const series = [
    {
      key: 'speed',
      name: t('chart.speed.name'),
      values,
      end: last === undefined ? '' : formatRate(last),
    },
  ];
  return (
    <ChartCard
      {...cardOf(chart)}
      title={t('chart.speed')}
      words={speedWords(report, nowMs)}
      since={null}
      rows={lineRows(times, series)}
      series={series}
      shape="lines"
      values={valueAxis('bytes', Math.max(1024, largestOf(values)))}
      format={formatRate}
      formatTick={(value) => t('unit.perSecond', { size: formatRoundBytes(value) })}
    />
  );
};

const View = ({ report, nowMs }: { readonly report: VmSeriesReport; readonly nowMs: number }) => {
  const running = useSite(({ engine }) => engine?.running ?? true);
  const times = report.times.map((iso) => Date.parse(iso));
  const lastMs = (times.at(-1) ?? nowMs) + report.stepSeconds * 1000;
  const axis = timeAxis(
    report.range,
    times[0] ?? nowMs,
    Math.min(Math.max(nowMs, times.at(-1) ?? nowMs), lastMs),
    projectedUntil(report.disks),
  );
  const sampled = report.sentBytes.some((bytes) => bytes !== null);
  const first = firstValueWords(running, nowMs);
  const common = { report, axis, times, nowMs, empty: first };
  return (
    <div className="charts">
      <LogChart {...common} />
      <RpoChart {...common} empty={sampled ? t('chart.rpo.empty') : first} />
      <SentChart {...common} />
      <SpeedChart {...common} empty={sampled ? t('chart.speed.empty') : first} />
    </div>
  );
};

interface ChartsProps {
  readonly vmId: string;
  /** Its change says that there is something new to draw. */
  readonly lastSyncAt: string | null;
}

/** A VM's past on one time axis: its logs against their threshold, its RPO, what was sent and how fast. */
export const Charts = memo(({ vmId, lastSyncAt }: ChartsProps) => {
  const [range, setRange] = useState<SeriesRange>('1h');
  const report = useSeries(vmId, range, lastSyncAt);
  return (
    <div>
      <RangePicker value={range} onChange={setRange} />
      {report === null ? <Loading /> : <View report={report} nowMs={Date.now()} />}
    </div>
  );
});
