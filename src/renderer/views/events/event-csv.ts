import type { EventReport } from '../../../contract/reports.ts';

const columns = ['id', 'at', 'level', 'code', 'vm', 'disk', 'text'] as const;

/** Quoted; what a spreadsheet would take for a formula is kept from being one. */
const cell = (value: string | number | null): string => {
  const text = String(value ?? '');
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
};

/** Events as CSV (RFC 4180) with times in UTC, the first line naming the columns. */
export const eventCsv = (events: readonly EventReport[]): string =>
  [columns.join(','), ...events.map((event) => columns.map((column) => cell(event[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
