import { EmptyState } from '../../components/empty-state.tsx';
import { EventTable } from '../../components/event-table.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { useSite } from '../../stores/site-store.ts';

const shownEvents = 200;

/** What happened to one VM, the newest first. */
export const VmEvents = ({ vmId, nowMs }: { readonly vmId: string; readonly nowMs: number }) => {
  const events = useSite((site) => site.events);
  if (events === null) return <Loading />;
  const own = events
    .filter((event) => event.vmId === vmId)
    .slice(-shownEvents)
    .toReversed();
  if (own.length === 0) return <EmptyState title={t('events.empty')} help={t('events.emptyHelp')} />;
  return <EventTable events={own} nowMs={nowMs} withVm={false} />;
};
