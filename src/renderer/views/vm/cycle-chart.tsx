import { Bar, BarChart, Tooltip, XAxis, YAxis } from 'recharts';
import type { CycleReport } from '../../../contract/reports.ts';
import { formatBytes, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';

const shownCycles = 60;
/** One cycle is no history. */
const leastCycles = 2;

/** What each of the last cycles sent: a steady hum, or the burst that made a cycle late. */
export const CycleChart = ({
  cycles,
  nowMs,
}: {
  readonly cycles: readonly CycleReport[];
  readonly nowMs: number;
}) => {
  const shown = cycles.slice(-shownCycles).map(({ endedAt, sentBytes }) => ({ endedAt, sentBytes }));
  const [first, last] = [shown[0], shown.at(-1)];
  const most = Math.max(0, ...shown.map(({ sentBytes }) => sentBytes));
  const time = (iso: unknown): string => formatTime(String(iso), nowMs);
  return (
    <section className="card">
      <h2>{t('chart.sent')}</h2>
      {first === undefined || last === undefined || shown.length < leastCycles ? (
        <p className="quiet">{t('chart.empty')}</p>
      ) : most === 0 ? (
        <p className="quiet">{t('chart.nothing', { count: shown.length })}</p>
      ) : (
        <>
          <BarChart
            data={shown}
            responsive
            width="100%"
            height={180}
            accessibilityLayer={false}
            className="chart"
          >
            <XAxis dataKey="endedAt" tickFormatter={time} minTickGap={40} tickLine={false} />
            <YAxis
              tickFormatter={(value: number) => formatBytes(value)}
              width={70}
              tickLine={false}
              axisLine={false}
            />
            <Tooltip
              isAnimationActive={false}
              labelFormatter={time}
              formatter={(value) => [formatBytes(Number(value)), t('timeline.sent')]}
              cursor={{ fill: 'var(--colorNeutralBackground3)' }}
              contentStyle={{
                background: 'var(--colorNeutralBackground1)',
                border: '1px solid var(--colorNeutralStroke1)',
              }}
            />
            <Bar
              dataKey="sentBytes"
              fill="var(--colorBrandBackground)"
              isAnimationActive={false}
              maxBarSize={12}
            />
          </BarChart>
          <p className="note">
            {t('chart.range', { count: shown.length, from: time(first.endedAt), to: time(last.endedAt) })}
            {' · '}
            {t('chart.most', { value: formatBytes(most) })}
          </p>
        </>
      )}
    </section>
  );
};
