import type { ChartRow, ChartSeries } from './chart-rows.ts';
import type { Projected } from './log-growth.ts';
import type { TimeAxis } from './time-axis.ts';
import type { ValueAxis } from './value-axis.ts';

/** A line of a chart, and the words at its end: what it is now. */
export interface LabelledSeries extends ChartSeries {
  readonly end: string;
}

/** A value that matters, with its words on the line itself. */
export interface ChartLimit {
  readonly value: number;
  readonly words: string;
  readonly tone: 'critical' | 'quiet';
}

export interface TimeChartProps {
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  readonly axis: TimeAxis;
  readonly rows: readonly ChartRow[];
  readonly series: readonly LabelledSeries[];
  readonly shape: 'lines' | 'steps';
  readonly values: ValueAxis;
  readonly format: (value: number) => string;
  /** Of a round value on the axis, where it is written shorter. */
  readonly formatTick?: (value: number) => string;
  readonly limits?: readonly ChartLimit[];
  readonly projections?: readonly (Projected & { readonly key: string })[];
}
