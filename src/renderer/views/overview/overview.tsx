import { Button } from '@fluentui/react-components';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { ButtonLink } from '../../components/button-link.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { nextStepOf } from '../../said-by-engine.ts';
import { siteSentence } from '../../stores/site-sentence.ts';
import { useSite } from '../../stores/site-store.ts';
import { arrangeRows, type SortOrder, type VmFilter } from '../../stores/table-order.ts';
import { useNow } from '../../stores/use-now.ts';
import { vmRows } from '../../stores/vm-rows.ts';
import { RebuiltBar } from './rebuilt-bar.tsx';
import { Tiles } from './tiles.tsx';
import { Toolbar } from './toolbar.tsx';
import { VmTable } from './vm-table.tsx';

const EmptyHost = () => {
  const host = useSite((site) => site.host);
  if (host === null) return <Loading label={t('app.connecting')} />;
  const root = host === 'none' ? '' : host.root;
  const reachable = host !== 'none' && host.reachable;
  return (
    <EmptyState
      level="h1"
      title={reachable ? t('overview.noVms', { host: root }) : t('overview.hostUnreachable', { host: root })}
      help={host !== 'none' && host.error !== null ? nextStepOf(host.error) : t('overview.noVmsHelp')}
    >
      <ButtonLink to={{ view: 'settings' }}>{t('overview.changeHost')}</ButtonLink>
    </EmptyState>
  );
};

/** Is everything protected, what needs a person, what is running: the first thing an administrator sees. */
export const Overview = () => {
  const nextWindowAt = useSite((site) => site.nextWindowAt);
  const pushed = useSite(useShallow(({ statuses, summaries }) => ({ statuses, summaries })));
  const ticked = useNow();
  // What the engine tells is drawn between what the user does, never before it.
  const site = useDeferredValue(pushed);
  const now = useDeferredValue(ticked);
  const rebuilt = useSite(({ engine }) => engine?.rebuilt);
  const [filter, setFilter] = useState<VmFilter>('all');
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<SortOrder>({ column: 'health', descending: false });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => vmRows(site, now), [site, now]);
  const select = useCallback((next: ReadonlySet<string>) => setSelected(next), []);
  const shown = useMemo(() => arrangeRows(rows, filter, search, order), [rows, filter, search, order]);
  if (rows.length === 0) return <EmptyHost />;

  const clear = (): void => {
    setFilter('all');
    setSearch('');
  };
  return (
    <>
      <h1 className="sentence">{siteSentence(rows, now)}</h1>
      {rebuilt !== undefined && <RebuiltBar rebuilt={rebuilt} />}
      <Tiles rows={rows} nowMs={now} nextWindowAt={nextWindowAt} />
      <Toolbar
        filter={filter}
        search={search}
        unprotected={rows.filter(({ status }) => status === null).length}
        selected={rows.filter(({ id }) => selected.has(id))}
        onFilter={setFilter}
        onSearch={setSearch}
        onClearSelection={() => setSelected(new Set())}
      />
      {shown.length === 0 ? (
        <EmptyState title={t('overview.noMatch')}>
          <Button onClick={clear}>{t('overview.clearFilter')}</Button>
        </EmptyState>
      ) : (
        <VmTable
          rows={shown}
          nowMs={now}
          order={order}
          selected={selected}
          onSort={setOrder}
          onSelect={select}
        />
      )}
    </>
  );
};
