/** A cell: text is quoted, and what a spreadsheet would take for a formula is kept from being one. */
const cell = (value: string | number | null): string => {
  if (typeof value === 'number') return String(value);
  if (value === null) return '';
  return `"${(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
};

/** Records as CSV (RFC 4180), the first line naming the columns; null is an empty cell. */
export const csvText = <K extends string>(
  columns: readonly K[],
  records: readonly Readonly<Record<K, string | number | null>>[],
): string =>
  [columns.join(','), ...records.map((record) => columns.map((column) => cell(record[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
