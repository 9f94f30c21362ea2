import { Button, SearchBox, Select } from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import { useState } from 'react';
import { eventCsv } from '../../../contract/event-csv.ts';
import { eventLevels } from '../../../contract/reports.ts';
import { downloadCsv } from '../../components/download.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { EventTable } from '../../components/event-table.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { useSite } from '../../stores/site-store.ts';
import { useNow } from '../../stores/use-now.ts';

const shownEvents = 300;

/** What happened, the newest first. */
export const Events = () => {
  const events = useSite((site) => site.events);
  const now = useNow();
  const [level, setLevel] = useState('');
  const [vm, setVm] = useState('');
  const [search, setSearch] = useState('');
  if (events === null) return <Loading label={t('app.connecting')} />;
  const vms = [...new Set(events.flatMap((event) => (event.vm === null ? [] : [event.vm])))].sort();
  const wanted = search.trim().toLocaleLowerCase();
  const fitting = events.filter(
    (event) =>
      (level === '' || event.level === level) &&
      (vm === '' || event.vm === vm) &&
      (wanted === '' || `${event.text} ${event.code ?? ''}`.toLocaleLowerCase().includes(wanted)),
  );
  return (
    <>
      <h1>{t('events.title')}</h1>
      {events.length === 0 ? (
        <EmptyState title={t('events.empty')} help={t('events.emptyHelp')} />
      ) : (
        <>
          <div className="toolbar">
            <SearchBox
              aria-label={t('events.search')}
              placeholder={t('events.search')}
              value={search}
              onChange={(_event, data) => setSearch(data.value)}
            />
            <Select
              aria-label={t('events.level')}
              value={level}
              onChange={(_event, data) => setLevel(data.value)}
            >
              <option value="">
                {t('events.level')}: {t('common.all')}
              </option>
              {eventLevels.map((choice) => (
                <option key={choice} value={choice}>
                  {t(`events.level.${choice}`)}
                </option>
              ))}
            </Select>
            <Select aria-label={t('events.vm')} value={vm} onChange={(_event, data) => setVm(data.value)}>
              <option value="">
                {t('events.vm')}: {t('common.all')}
              </option>
              {vms.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
            <span className="spacer" />
            <Button
              icon={<ArrowDownload20Regular />}
              disabled={fitting.length === 0}
              onClick={() => downloadCsv(eventCsv(fitting), 'events')}
            >
              {t('events.export')}
            </Button>
          </div>
          {fitting.length === 0 ? (
            <EmptyState title={t('events.noMatch')} />
          ) : (
            <EventTable events={fitting.slice(-shownEvents).toReversed()} nowMs={now} />
          )}
        </>
      )}
    </>
  );
};
