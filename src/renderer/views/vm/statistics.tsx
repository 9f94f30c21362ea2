import { Button } from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import { type ReactNode, useEffect, useState } from 'react';
import type { VmStatus } from '../../../contract/reports.ts';
import type { StatisticsPeriod, VmStatisticsReport } from '../../../contract/statistics.ts';
import { statisticsCsv } from '../../../contract/statistics-csv.ts';
import { downloadCsv } from '../../components/download.ts';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { formatBytes, formatDuration, formatExactTime, formatNumber, formatTime } from '../../format.ts';
import { t, type WordKey } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { openDialog, showProblem, useUi } from '../../stores/ui-store.ts';

const shownHours = 24;

/** Read anew after each cycle, and after the dialog that resets them. */
const useStatistics = ({ id, lastSyncAt, retry }: VmStatus): VmStatisticsReport | null => {
  const [report, setReport] = useState<VmStatisticsReport | null>(null);
  const asking = useUi(({ dialog }) => dialog !== null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what says that they have changed
  useEffect(() => {
    let current = true;
    ask('vm.statistics', { vm: id }).then((answer) => current && setReport(answer), showProblem);
    return () => {
      current = false;
    };
  }, [id, lastSyncAt, retry?.attempts, asking]);
  return report?.vmId === id ? report : null;
};

const bytes = (value: number | null): string => (value === null ? t('common.none') : formatBytes(value));
const seconds = (value: number | null): string => (value === null ? t('common.none') : formatDuration(value));

const factsOf = (report: VmStatisticsReport, nowMs: number): readonly (readonly [WordKey, ReactNode])[] => {
  const moment = (iso: string | null, never: WordKey) =>
    iso === null ? t(never) : <Moment iso={iso} nowMs={nowMs} />;
  return [
    [
      'stats.cycles',
      t('stats.cyclesValue', { done: formatNumber(report.cyclesDone), due: formatNumber(report.cyclesDue) }),
    ],
    ['stats.missed', formatNumber(report.cyclesMissed)],
    ['stats.errors', formatNumber(report.errors)],
    ['stats.averageSize', bytes(report.averageSizeBytes)],
    ['stats.maximumSize', bytes(report.maximumSizeBytes)],
    ['stats.averageLatency', seconds(report.averageLatencySeconds)],
    ['stats.maximumLatency', seconds(report.maximumLatencySeconds)],
    ['stats.pending', formatBytes(report.pendingBytes)],
    ['stats.lastSync', moment(report.lastSyncAt, 'vm.fact.lastSyncNever')],
    ['stats.lastTest', moment(report.lastTestFailoverAt, 'stats.never')],
  ];
};

const HourLine = ({ hour, nowMs }: { readonly hour: StatisticsPeriod; readonly nowMs: number }) => (
  <tr>
    <td className="figure narrow">
      <Moment iso={hour.from} nowMs={nowMs} />
    </td>
    <td className="figure">
      {t('stats.cyclesValue', { done: formatNumber(hour.cyclesDone), due: formatNumber(hour.cyclesDue) })}
    </td>
    <td className="figure">{formatNumber(hour.errors)}</td>
    <td className="figure">{bytes(hour.averageSizeBytes)}</td>
    <td className="figure">{bytes(hour.maximumSizeBytes)}</td>
    <td className="figure">{seconds(hour.averageLatencySeconds)}</td>
  </tr>
);

const hourColumns = [
  'stats.hour',
  'stats.cycles',
  'stats.errors',
  'stats.averageSize',
  'stats.maximumSize',
  'stats.averageLatency',
] as const;

/** What became of the cycles in the present interval, and hour by hour before it. */
export const Statistics = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => {
  const report = useStatistics(status);
  if (report === null) return <Loading />;
  const { history, vmId } = report;
  return (
    <div className="stack">
      <section className="card">
        <div className="card-head">
          <div>
            <h2>{t('stats.title')}</h2>
            <p className="quiet" title={`${formatExactTime(report.from)} – ${formatExactTime(report.to)}`}>
              {t('stats.interval', {
                from: formatTime(report.from, nowMs),
                to: formatTime(report.to, nowMs),
              })}
            </p>
          </div>
          <div className="form-actions">
            <Button
              icon={<ArrowDownload20Regular />}
              disabled={history.length === 0}
              onClick={() => downloadCsv(statisticsCsv(history), `statistics-${report.vm}`)}
            >
              {t('stats.csv')}
            </Button>
            <Button onClick={() => openDialog({ kind: 'resetStatistics', vmId })}>{t('stats.reset')}</Button>
          </div>
        </div>
        <dl className="facts">
          {factsOf(report, nowMs).map(([key, value]) => (
            <div key={key}>
              <dt>{t(key)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <p className="note">{t('stats.help')}</p>
      </section>
      <section className="card">
        <h2>{t('stats.hours')}</h2>
        {history.length === 0 ? (
          <p className="quiet">{t('stats.hoursEmpty')}</p>
        ) : (
          <>
            <table>
              <thead>
                <tr>
                  {hourColumns.map((key) => (
                    <th key={key} scope="col" className="figure">
                      {t(key)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {history
                  .slice(-shownHours)
                  .toReversed()
                  .map((hour) => (
                    <HourLine key={hour.from} hour={hour} nowMs={nowMs} />
                  ))}
              </tbody>
            </table>
            {history.length > shownHours ? <p className="note">{t('stats.hoursMore')}</p> : null}
          </>
        )}
      </section>
    </div>
  );
};
