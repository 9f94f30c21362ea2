import { Button } from '@fluentui/react-components';
import { lazy, type ReactNode, Suspense, useId, useState } from 'react';
import { Loading } from '../components/loading.tsx';
import { Moment } from '../components/moment.tsx';
import { t } from '../i18n/words.ts';
import { isEmpty } from './chart-rows.ts';
import type { LabelledSeries, TimeChartProps } from './time-chart-props.ts';

/** Loaded with the first chart: the library is as large as the rest of the page. */
const TimeChart = lazy(async () => ({ default: (await import('./time-chart.tsx')).TimeChart }));

interface ChartCardProps extends Omit<TimeChartProps, 'label'> {
  readonly title: string;
  /** What the curve comes to, in a sentence. */
  readonly words: string;
  /** Since when there is data, where that is later than the axis begins. */
  readonly since: string | null;
  /** What stands where there is no value at all. */
  readonly empty: string;
  readonly times: readonly string[];
  readonly nowMs: number;
  readonly children?: ReactNode;
}

interface ValueTableProps {
  readonly times: readonly string[];
  readonly series: readonly LabelledSeries[];
  readonly nowMs: number;
  format(value: number): string;
}

/** The values as text, the newest first; what has none is left out. */
const ValueTable = ({ times, series, nowMs, format }: ValueTableProps) => (
  <table>
    <thead>
      <tr>
        <th scope="col" className="figure">
          {t('chart.table.time')}
        </th>
        {series.map(({ key, name }) => (
          <th key={key} scope="col" className="figure">
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {times
        .map((iso, index) => ({ iso, row: series.map(({ values }) => values[index] ?? null) }))
        .filter(({ row }) => !isEmpty(row))
        .toReversed()
        .map(({ iso, row }) => (
          <tr key={iso}>
            <td className="figure">
              <Moment iso={iso} nowMs={nowMs} />
            </td>
            {row.map((value, index) => (
              <td key={series[index]?.key} className="figure">
                {value === null ? t('common.none') : format(value)}
              </td>
            ))}
          </tr>
        ))}
    </tbody>
  </table>
);

/** A chart with its subject, its finding in words, and its values as a table for whoever wants those. */
export const ChartCard = (props: ChartCardProps) => {
  const { title, words, since, empty, times, nowMs, children, ...chart } = props;
  const [asTable, setAsTable] = useState(false);
  const heading = useId();
  const nothing = chart.series.every(({ values }) => isEmpty(values));
  return (
    <section className="card chart-card" aria-labelledby={heading}>
      <div className="card-head">
        <h2 id={heading}>{title}</h2>
        {nothing ? null : (
          <Button
            size="small"
            appearance="subtle"
            aria-label={t(asTable ? 'chart.asChartOf' : 'chart.asTableOf', { title })}
            onClick={() => setAsTable(!asTable)}
          >
            {t(asTable ? 'chart.asChart' : 'chart.asTable')}
          </Button>
        )}
      </div>
      {nothing ? (
        <p className="quiet chart-empty">{empty}</p>
      ) : (
        <>
          <p className="chart-words">
            {words}
            {since === null ? null : <span className="note"> {since}</span>}
          </p>
          {asTable ? (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <section className="chart-table" tabIndex={0} aria-label={t('chart.asTableOf', { title })}>
              <ValueTable times={times} series={chart.series} nowMs={nowMs} format={chart.format} />
            </section>
          ) : (
            <Suspense fallback={<Loading />}>
              <TimeChart {...chart} label={`${title}: ${words}`} />
            </Suspense>
          )}
        </>
      )}
      {children}
    </section>
  );
};
