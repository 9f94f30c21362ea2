import { csvText } from './csv.ts';
import type { StatisticsPeriod } from './statistics.ts';

const columns = [
  'from',
  'to',
  'cyclesDone',
  'cyclesDue',
  'cyclesMissed',
  'errors',
  'averageSizeBytes',
  'maximumSizeBytes',
  'averageLatencySeconds',
  'maximumLatencySeconds',
] as const;

/** The kept past of a VM's statistics as CSV, a line for each hour, with times in UTC. */
export const statisticsCsv = (periods: readonly StatisticsPeriod[]): string =>
  csvText(
    columns,
    periods.map((period) => ({ ...period })),
  );
