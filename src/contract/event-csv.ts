import { csvText } from './csv.ts';
import type { EventReport } from './reports.ts';

const columns = ['id', 'at', 'level', 'code', 'class', 'vm', 'disk', 'text'] as const;

/** Events as CSV with times in UTC. */
export const eventCsv = (events: readonly EventReport[]): string => csvText(columns, events);
