import { Button, SearchBox, Select } from '@fluentui/react-components';
import type { VmStatus } from '../../../contract/reports.ts';
import { ButtonLink } from '../../components/button-link.tsx';
import { t } from '../../i18n/words.ts';
import { type VmFilter, vmFilters } from '../../stores/table-order.ts';
import { openDialog } from '../../stores/ui-store.ts';
import { act, possibleActions } from '../../stores/vm-actions.ts';
import type { VmRow } from '../../stores/vm-rows.ts';

interface ToolbarProps {
  readonly filter: VmFilter;
  readonly search: string;
  readonly unprotected: number;
  readonly selected: readonly VmRow[];
  onFilter(filter: VmFilter): void;
  onSearch(search: string): void;
  onClearSelection(): void;
}

const bulkActions = ['sync', 'pause', 'resume', 'retry', 'resync', 'verify'] as const;

const start = (action: (typeof bulkActions)[number], vms: readonly VmStatus[]): void => {
  if (action === 'resync') openDialog({ kind: 'resync', vmIds: vms.map(({ id }) => id) });
  else for (const vm of vms) void act(action, vm);
};

/** What can be done with all that is selected: each action with those VMs that it makes sense for. */
const BulkActions = ({ selected, onClear }: { readonly selected: readonly VmRow[]; onClear(): void }) => {
  const free = selected.filter(({ status }) => status === null).map(({ id }) => id);
  return (
    <>
      <span>{t('overview.selected', { count: selected.length })}</span>
      {free.length === 0 ? null : (
        <ButtonLink to={{ view: 'protect', vms: free }}>{t('action.protect')}</ButtonLink>
      )}
      {bulkActions.map((action) => {
        const able = selected
          .map(({ status }) => status)
          .filter((status) => status !== null)
          .filter((status) => possibleActions(status).includes(action));
        return able.length === 0 ? null : (
          <Button key={action} onClick={() => start(action, able)}>
            {t(`action.${action}`)}
          </Button>
        );
      })}
      <Button appearance="subtle" onClick={onClear}>
        {t('overview.clearSelection')}
      </Button>
    </>
  );
};

/** Search and filter, or what to do with the selection. */
export const Toolbar = (props: ToolbarProps) => {
  const { filter, search, unprotected, selected, onFilter, onSearch, onClearSelection } = props;
  return (
    <div className="toolbar">
      {selected.length > 0 ? (
        <BulkActions selected={selected} onClear={onClearSelection} />
      ) : (
        <>
          <SearchBox
            aria-label={t('overview.searchVms')}
            placeholder={t('overview.searchVms')}
            value={search}
            onChange={(_event, data) => onSearch(data.value)}
          />
          <Select
            aria-label={t('overview.filter')}
            value={filter}
            onChange={(_event, data) => onFilter(data.value as VmFilter)}
          >
            {vmFilters.map((choice) => (
              <option key={choice} value={choice}>
                {t(`filter.${choice}`)}
              </option>
            ))}
          </Select>
          <span className="spacer" />
          {unprotected === 0 ? null : (
            <ButtonLink to={{ view: 'protect', vms: [] }} appearance="primary">
              {t('overview.protectVms')}
            </ButtonLink>
          )}
        </>
      )}
    </div>
  );
};
