import { Checkbox } from '@fluentui/react-components';
import { ArrowDown12Regular, ArrowUp12Regular } from '@fluentui/react-icons';
import { memo, useCallback, useRef } from 'react';
import { t } from '../../i18n/words.ts';
import type { SortColumn, SortOrder } from '../../stores/table-order.ts';
import type { VmRow } from '../../stores/vm-rows.ts';
import { VmLine } from './vm-line.tsx';

interface VmTableProps {
  readonly rows: readonly VmRow[];
  readonly nowMs: number;
  readonly order: SortOrder;
  readonly selected: ReadonlySet<string>;
  onSort(order: SortOrder): void;
  onSelect(selected: ReadonlySet<string>): void;
}

interface SortHeadProps {
  readonly column: SortColumn;
  readonly order: SortOrder;
  readonly figure?: boolean;
  onSort(order: SortOrder): void;
}

const SortHead = ({ column, order, figure = false, onSort }: SortHeadProps) => {
  const sorted = order.column === column;
  const Icon = order.descending ? ArrowDown12Regular : ArrowUp12Regular;
  return (
    <th
      scope="col"
      className={figure ? 'figure' : undefined}
      aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        className="sort"
        onClick={() => onSort({ column, descending: sorted && !order.descending })}
      >
        {t(`column.${column}`)}
        {sorted ? <Icon aria-hidden="true" /> : null}
      </button>
    </th>
  );
};

/** The VMs of the site, worst first unless sorted otherwise. */
export const VmTable = memo(({ rows, nowMs, order, selected, onSort, onSelect }: VmTableProps) => {
  const chosen = rows.filter(({ id }) => selected.has(id)).length;
  const latest = useRef(selected);
  latest.current = selected;
  // The same function always, so that lines that did not change are not drawn again.
  const select = useCallback(
    (id: string, add: boolean): void => {
      const next = new Set(latest.current);
      if (add) next.add(id);
      else next.delete(id);
      onSelect(next);
    },
    [onSelect],
  );
  const head = { order, onSort };
  return (
    <table className="vm-table">
      <thead>
        <tr>
          <th scope="col" className="narrow" aria-label={t('column.select')}>
            <Checkbox
              aria-label={t('overview.selectAll')}
              checked={chosen === 0 ? false : chosen === rows.length ? true : 'mixed'}
              onChange={() => onSelect(new Set(chosen === rows.length ? [] : rows.map(({ id }) => id)))}
            />
          </th>
          <SortHead column="vm" {...head} />
          <SortHead column="health" {...head} />
          <SortHead column="rpo" figure {...head} />
          <SortHead column="lastSync" figure {...head} />
          <SortHead column="log" figure {...head} />
          <th scope="col">{t('column.activity')}</th>
          <th scope="col">
            <span className="unseen">{t('column.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <VmLine key={row.id} row={row} nowMs={nowMs} selected={selected.has(row.id)} onSelect={select} />
        ))}
      </tbody>
    </table>
  );
});
