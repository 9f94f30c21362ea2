import type { VmRow } from './vm-rows.ts';

export const sortColumns = ['vm', 'health', 'rpo', 'lastSync', 'log'] as const;
export type SortColumn = (typeof sortColumns)[number];

export interface SortOrder {
  readonly column: SortColumn;
  readonly descending: boolean;
}

export const vmFilters = ['all', 'attention', 'protected', 'unprotected'] as const;
export type VmFilter = (typeof vmFilters)[number];

const passes: Readonly<Record<VmFilter, (row: VmRow) => boolean>> = {
  all: () => true,
  attention: ({ status }) => status !== null && status.health !== 'Normal',
  protected: ({ status }) => status !== null,
  unprotected: ({ status }) => status === null,
};

/** Larger is worse, or later; null where a VM has no such value. */
const figureOf: Readonly<Record<Exclude<SortColumn, 'vm' | 'health'>, (row: VmRow) => number | null>> = {
  rpo: ({ rpoSeconds }) => rpoSeconds,
  lastSync: ({ status }) => (status?.lastSyncAt ? Date.parse(status.lastSyncAt) : null),
  log: ({ fullestLog }) =>
    fullestLog === null || fullestLog.thresholdBytes === 0
      ? null
      : fullestLog.bytes / fullestLog.thresholdBytes,
};

/** The rows that fit, in the order asked for. Rows come worst first, which is the order by health. */
export const arrangeRows = (
  rows: readonly VmRow[],
  filter: VmFilter,
  search: string,
  { column, descending }: SortOrder,
): readonly VmRow[] => {
  const wanted = search.trim().toLocaleLowerCase();
  const fitting = rows.filter(
    (row) =>
      passes[filter](row) &&
      (wanted === '' ||
        row.name.toLocaleLowerCase().includes(wanted) ||
        (row.status?.vault ?? '').toLocaleLowerCase().includes(wanted)),
  );
  const direction = descending ? -1 : 1;
  if (column === 'health') return descending ? fitting.toReversed() : fitting;
  if (column === 'vm') return fitting.toSorted((a, b) => direction * a.name.localeCompare(b.name));
  return fitting.toSorted((a, b) => {
    const [first, second] = [figureOf[column](a), figureOf[column](b)];
    // What has no value stays at the end either way.
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    return direction * (first - second);
  });
};
