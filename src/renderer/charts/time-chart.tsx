import { Area, ComposedChart, Line, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { formatAxisTime, formatExactTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { type ChartRow, lastOf, lonelyValues, spreadLabels } from './chart-rows.ts';
import type { TimeChartProps } from './time-chart-props.ts';

const height = 220;
const top = 12;
const axisHeight = 24;
const axisWidth = 72;
/** Room for the lines' labels beside the plot. */
const labelWidth = 124;
const labelGap = 30;
const plotHeight = height - top - axisHeight;
const margin = { top, right: labelWidth, bottom: 0, left: 0 };

/** A figure and its unit stay on one line. */
const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

const colours = [
  'var(--colorBrandStroke1)',
  'var(--colorPalettePumpkinForeground2)',
  'var(--colorPaletteTealForeground2)',
  'var(--colorPaletteGrapeForeground2)',
] as const;
const colourOf = (index: number): string => colours[index % colours.length] ?? colours[0];

const Dot = ({ cx, cy, fill }: { readonly cx: number; readonly cy: number; readonly fill: string }) => (
  <circle cx={cx} cy={cy} r={2.5} fill={fill} />
);

interface TooltipContentProps extends Pick<TimeChartProps, 'series' | 'format'> {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: ChartRow }[];
}

/** The exact time and what each line has there. */
const TooltipContent = ({ active = false, payload = [], series, format }: TooltipContentProps) => {
  const row = payload[0]?.payload;
  if (!active || row === undefined) return null;
  return (
    <div className="chart-tooltip">
      <div className="note">{formatExactTime(new Date(row.atMs).toISOString())}</div>
      {series.map(({ key, name }, index) => {
        const value = row[key] ?? null;
        return (
          <div key={key} className="number">
            <span className="chart-swatch" style={{ background: colourOf(index) }} /> {name}:{' '}
            {value === null ? t('common.none') : format(value)}
          </div>
        );
      })}
    </div>
  );
};

/** Lines over time with their names at their ends, a threshold on its own line, and what is projected dashed. */
export const TimeChart = (props: TimeChartProps) => {
  const {
    axis,
    rows,
    series,
    shape,
    values,
    format,
    formatTick = format,
    limits = [],
    projections = [],
    label,
  } = props;
  const ends = series.map(({ values: all }) => lastOf(all)?.value ?? 0);
  const places = spreadLabels(
    ends.map((value) => top + (1 - value / values.end) * plotHeight),
    labelGap,
    // The figure under the last name stays clear of the axis's times.
    top + plotHeight - 16,
  );
  return (
    <div className="time-chart" role="img" aria-label={label}>
      {/* The library calls its drawing an image of its own, without a name. */}
      <div aria-hidden="true">
        <ComposedChart
          data={[...rows]}
          responsive
          width="100%"
          height={height}
          margin={margin}
          accessibilityLayer={false}
          className="chart"
        >
          <XAxis
            dataKey="atMs"
            type="number"
            scale="linear"
            domain={[axis.fromMs, axis.toMs]}
            ticks={[...axis.ticks]}
            tickFormatter={(ms: number) => formatAxisTime(ms, axis.range)}
            height={axisHeight}
            minTickGap={16}
            allowDataOverflow
          />
          <YAxis
            domain={[0, values.end]}
            ticks={[...values.ticks]}
            tickFormatter={(value: number) => unbroken(formatTick(value))}
            width={axisWidth}
            interval={0}
            tickLine={false}
            axisLine={false}
            allowDataOverflow
          />
          {axis.toMs > axis.nowMs ? (
            <ReferenceLine
              x={axis.nowMs}
              className="chart-now"
              label={{ value: t('chart.now'), position: 'insideTopLeft' }}
            />
          ) : null}
          {limits.map(({ value, words, tone }) => (
            <ReferenceLine
              key={value}
              y={value}
              className={`chart-limit chart-limit-${tone}`}
              label={{ value: words, position: 'insideBottomLeft', offset: 4 }}
            />
          ))}
          <Tooltip
            isAnimationActive={false}
            content={<TooltipContent series={series} format={format} />}
            cursor={{ stroke: 'var(--colorNeutralStroke1)' }}
          />
          {series.map(({ key, values: all }, index) => {
            const stroke = colourOf(index);
            const lonely = lonelyValues(all);
            const common = { dataKey: key, stroke, strokeWidth: 2, isAnimationActive: false } as const;
            return shape === 'steps' ? (
              <Area key={key} {...common} type="linear" fill={stroke} fillOpacity={0.25} dot={false} />
            ) : (
              <Line
                key={key}
                {...common}
                type="linear"
                dot={({ key: dotKey, cx, cy, index: at }) =>
                  lonely.has(at) && typeof cx === 'number' && typeof cy === 'number' ? (
                    <Dot key={dotKey} cx={cx} cy={cy} fill={stroke} />
                  ) : (
                    <g key={dotKey} />
                  )
                }
              />
            );
          })}
          {projections.map(({ key, fromMs, fromShare, toMs, toShare }) => (
            <ReferenceLine
              key={key}
              className="chart-projection"
              stroke={colourOf(series.findIndex((each) => each.key === key))}
              segment={[
                { x: fromMs, y: fromShare },
                { x: toMs, y: toShare },
              ]}
            />
          ))}
        </ComposedChart>
      </div>
      <div className="chart-labels" style={{ inlineSize: labelWidth - 8 }} aria-hidden="true">
        {series.map(({ key, name, end }, index) => (
          <div key={key} className="chart-label" style={{ insetBlockStart: places[index] }} title={name}>
            <span className="chart-label-name" style={{ borderColor: colourOf(index) }}>
              {name}
            </span>
            <span className="chart-label-value number">{end}</span>
          </div>
        ))}
      </div>
    </div>
  );
};
