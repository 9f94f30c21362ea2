import type { SeriesValues } from '../../contract/series.ts';

/** One moment of a chart; null where a series has no value. */
export type ChartRow = { readonly atMs: number } & Readonly<Record<string, number | null>>;

export interface ChartSeries {
  readonly key: string;
  readonly name: string;
  readonly values: SeriesValues;
}

/** The rows of lines: each value at the beginning of its step. */
export const lineRows = (times: readonly number[], series: readonly ChartSeries[]): readonly ChartRow[] =>
  times.map((atMs, index) => ({
    atMs,
    ...Object.fromEntries(series.map(({ key, values }) => [key, values[index] ?? null])),
  }));

/** The rows of amounts that belong to the whole of a step: flat from its beginning to its end, nothing between steps. */
export const stepRows = (
  times: readonly number[],
  stepMs: number,
  series: readonly ChartSeries[],
): readonly ChartRow[] =>
  lineRows(times, series).flatMap((row) => [row, { ...row, atMs: row.atMs + stepMs - 1 }]);

/** Values without a neighbour: a line has nothing to connect there, so they want a dot. */
export const lonelyValues = (values: SeriesValues): ReadonlySet<number> =>
  new Set(
    values.flatMap((value, index) =>
      value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null
        ? [index]
        : [],
    ),
  );

export const largestOf = (values: SeriesValues): number =>
  values.reduce<number>((largest, value) => Math.max(largest, value ?? 0), 0);

export const isEmpty = (values: SeriesValues): boolean => values.every((value) => value === null);

/** The newest value and where it stands; null while there is none. */
export const lastOf = (values: SeriesValues): { readonly value: number; readonly index: number } | null => {
  const index = values.findLastIndex((value) => value !== null);
  const value = values[index];
  return value === undefined || value === null ? null : { value, index };
};

/** Where the labels of lines go so that none covers another: in the order of their lines, as near as there is room. */
export const spreadLabels = (wanted: readonly number[], gap: number, height: number): readonly number[] => {
  const order = wanted.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at);
  const placed = new Array<number>(wanted.length).fill(0);
  let next = Number.NEGATIVE_INFINITY;
  for (const { at, index } of order) {
    next = Math.max(at, next + gap);
    placed[index] = next;
  }
  let limit = height;
  for (const { index } of order.toReversed()) {
    placed[index] = Math.min(placed[index] ?? 0, limit);
    limit = (placed[index] ?? 0) - gap;
  }
  return placed;
};
