import { Tab, TabList } from '@fluentui/react-components';
import { useShallow } from 'zustand/react/shallow';
import { ButtonLink } from '../../components/button-link.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { goTo, type VmTab, vmTabs } from '../../router.ts';
import { useSite } from '../../stores/site-store.ts';
import { useNow } from '../../stores/use-now.ts';
import { type VmRow, vmRows } from '../../stores/vm-rows.ts';
import { Charts } from './charts.tsx';
import { Disks } from './disks.tsx';
import { Points } from './points.tsx';
import { ResyncPanel } from './resync-panel.tsx';
import { Statistics } from './statistics.tsx';
import { Timeline } from './timeline.tsx';
import { TroubleBar } from './trouble-bar.tsx';
import { UnprotectedVm } from './unprotected-vm.tsx';
import { VmEvents } from './vm-events.tsx';
import { VmFacts } from './vm-facts.tsx';
import { VmHeader } from './vm-header.tsx';
import { VmSettings } from './vm-settings.tsx';

const Panel = ({ row, tab, nowMs }: { readonly row: VmRow; readonly tab: VmTab; readonly nowMs: number }) => {
  const { status } = row;
  if (status === null) return null;
  switch (tab) {
    case 'disks':
      return <Disks status={status} nowMs={nowMs} />;
    case 'timeline':
      return <Timeline status={status} nowMs={nowMs} />;
    case 'charts':
      return <Charts vmId={status.id} lastSyncAt={status.lastSyncAt} />;
    case 'resync':
      return <ResyncPanel status={status} nowMs={nowMs} />;
    case 'points':
      return <Points status={status} nowMs={nowMs} />;
    case 'events':
      return <VmEvents vmId={status.id} nowMs={nowMs} />;
    case 'statistics':
      return <Statistics status={status} nowMs={nowMs} />;
    case 'settings':
      return <VmSettings key={status.id} status={status} />;
  }
};

/** One VM: what is the matter, what helps, and everything about its replica. */
export const VmPage = ({ id, tab }: { readonly id: string; readonly tab: VmTab }) => {
  const site = useSite(useShallow(({ statuses, summaries }) => ({ statuses, summaries })));
  const loaded = useSite(({ host, jobs }) => host !== null && jobs !== null);
  const now = useNow(1000);
  const row = vmRows(site, now).find((candidate) => candidate.id === id);
  if (row === undefined) {
    if (!loaded) return <Loading label={t('app.connecting')} />;
    return (
      <EmptyState level="h1" title={t('vm.notFound')}>
        <ButtonLink to={{ view: 'overview' }}>{t('vm.toOverview')}</ButtonLink>
      </EmptyState>
    );
  }
  return (
    <>
      <VmHeader row={row} nowMs={now} />
      {row.status === null ? (
        <UnprotectedVm id={id} />
      ) : (
        <>
          <TroubleBar row={row} status={row.status} nowMs={now} />
          <VmFacts row={row} status={row.status} nowMs={now} />
          <TabList
            className="tabs"
            aria-label={t('vm.tabs', { vm: row.name })}
            selectedValue={tab}
            onTabSelect={(_event, { value }) => goTo({ view: 'vm', id, tab: value as VmTab })}
          >
            {vmTabs.map((each) => (
              <Tab key={each} value={each} id={`tab-${each}`} aria-controls="vm-panel">
                {t(`vm.tab.${each}`)}
              </Tab>
            ))}
          </TabList>
          <div role="tabpanel" id="vm-panel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
            <Panel row={row} tab={tab} nowMs={now} />
          </div>
        </>
      )}
    </>
  );
};
