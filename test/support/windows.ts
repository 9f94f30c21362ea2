/** Bytes that left at a moment. */
export interface Departure {
  readonly atMs: number;
  readonly bytes: number;
}

/** The least and the most that left in any window of `lengthMs` that lies within `fromMs`–`toMs`. */
export const extremesOverWindows = (
  departures: readonly Departure[],
  lengthMs: number,
  fromMs: number,
  toMs: number,
): { readonly least: number; readonly most: number } => {
  const starts = departures
    .flatMap(({ atMs }) => [atMs, atMs + 0.001, atMs - lengthMs, atMs - lengthMs + 0.001])
    .filter((startMs) => startMs >= fromMs && startMs + lengthMs <= toMs);
  const sums = starts.map((startMs) =>
    departures
      .filter(({ atMs }) => atMs >= startMs && atMs < startMs + lengthMs)
      .reduce((sum, { bytes }) => sum + bytes, 0),
  );
  return { least: Math.min(...sums), most: Math.max(...sums) };
};
