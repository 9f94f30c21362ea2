/** How a chart's values are counted: what is a round number depends on it. */
export type Quantity = 'bytes' | 'seconds';

export interface ValueAxis {
  /** From 0 to the axis' end. */
  readonly ticks: readonly number[];
  readonly end: number;
}

/** More lines than that say less. */
const mostSteps = 4;

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const roundSeconds = [
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
  ...[1, 2, 5, 10, 30].map((days) => days * day),
];

/** Of each unit, so that no mark has a fraction of one. */
const roundCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const roundBytes = [1, 1024, 1024 ** 2, 1024 ** 3, 1024 ** 4, 1024 ** 5].flatMap((unit) =>
  roundCounts.map((count) => count * unit),
);

const rounds: Readonly<Record<Quantity, readonly number[]>> = { bytes: roundBytes, seconds: roundSeconds };

/** An axis from 0 to a round number that leaves nothing out, with at most four steps of a round size. */
export const valueAxis = (quantity: Quantity, largest: number): ValueAxis => {
  const steps = rounds[quantity];
  const step = steps.find((size) => size * mostSteps >= largest) ?? Math.ceil(largest / mostSteps);
  const count = Math.max(1, Math.ceil(largest / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return { ticks, end: count * step };
};

/** Shares of a disk, with the lines that matter: they are always in the picture. */
export const shareAxis = (largest: number): ValueAxis => {
  const lines = [0, 0.3, 0.4, 0.5];
  const end = Math.max(0.6, Math.ceil(largest * 10) / 10);
  return { ticks: end > 0.6 ? [...lines, end] : lines, end };
};
