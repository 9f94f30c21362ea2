/** How large a disk's logs were at a moment. */
export interface LogSize {
  readonly atMs: number;
  readonly bytes: number;
}

export interface ThresholdForecast {
  readonly growthBytesPerSecond: number;
  /** When the threshold will be reached; not in the past. */
  readonly thresholdAtMs: number;
}

/** Recent growth is that of the last hour: long enough to smooth bursts, short enough to notice a change. */
export const recentMs = 3_600_000;
/** A rise over less than this says nothing of a trend. */
const leastSpanMs = 2 * 60_000;
/** Beyond a year nobody plans by it. */
const horizonMs = 365 * 24 * 3_600_000;

/**
 * When a disk's logs will have grown to their threshold at the rate of the last hour. Pure.
 *
 * Only the rise since the logs last shrank counts: each shipment that is confirmed gives its space back, and a log that
 * is emptied in time never reaches the threshold. Null while the logs do not grow, or for less than two minutes.
 * @param sizes the oldest first, up to now
 */
export const forecastThreshold = (
  sizes: readonly LogSize[],
  thresholdBytes: number,
): ThresholdForecast | null => {
  const last = sizes.at(-1);
  if (last === undefined) return null;
  const shrunk = sizes.findLastIndex(({ bytes }, index) => bytes < (sizes[index - 1]?.bytes ?? bytes));
  const [first] = sizes.slice(Math.max(shrunk, 0)).filter(({ atMs }) => atMs >= last.atMs - recentMs);
  if (first === undefined || last.atMs - first.atMs < leastSpanMs || last.bytes <= first.bytes) return null;
  const bytesPerMs = (last.bytes - first.bytes) / (last.atMs - first.atMs);
  const leftMs = Math.max(0, thresholdBytes - last.bytes) / bytesPerMs;
  if (leftMs > horizonMs) return null;
  return {
    growthBytesPerSecond: Math.round(bytesPerMs * 1000),
    thresholdAtMs: Math.round(last.atMs + leftMs),
  };
};
