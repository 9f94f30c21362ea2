import CliTable from 'cli-table3';
import { withoutControls } from './format.ts';

/** A column: its heading, and `right` for numbers. */
export type Column = string | { readonly head: string; readonly align: 'right' };

export const right = (head: string): Column => ({ head, align: 'right' });

const blank = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', right: '', 'right-mid': '' };
const rule = { mid: '-', 'mid-mid': '  ', left: '', 'left-mid': '', middle: '  ' };
const bottom = { bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' };

/** Columns two blanks apart under a ruled heading; null and undefined cells show as a dash. */
export const formatTable = (
  columns: readonly Column[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string => {
  const table = new CliTable({
    head: columns.map((column) => (typeof column === 'string' ? column : column.head)),
    colAligns: columns.map((column) => (typeof column === 'string' ? 'left' : column.align)),
    chars: { ...blank, ...rule, ...bottom },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows)
    table.push(
      row.map((cell) => (cell === null || cell === undefined ? '-' : withoutControls(String(cell)))),
    );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

/** Name and value, one pair a line; pairs without a value are left out. */
export const formatFields = (
  fields: readonly (readonly [name: string, value: string | number | null | undefined])[],
): string => {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  return shown.map(([name, value]) => `${name.padEnd(width)}${withoutControls(String(value))}`).join('\n');
};
