/**
 * The points that a policy keeps of `points` (oldest first): the newest `keep`, and of those the ones taken at `notBeforeMs`
 * or later. The newest stays whatever its age.
 */
export const keptPoints = <P extends { readonly takenAtMs: number }>(
  points: readonly P[],
  keep: number,
  notBeforeMs: number | null = null,
): P[] => {
  const newest = points.slice(-Math.max(1, Math.floor(keep)));
  return newest.filter(
    ({ takenAtMs }, index) => notBeforeMs === null || takenAtMs >= notBeforeMs || index === newest.length - 1,
  );
};
