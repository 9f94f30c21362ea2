import { Select } from '@fluentui/react-components';
import { useState } from 'react';
import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { eventCsv } from '../../../contract/event-csv.ts';
import { downloadCsv } from '../../components/download.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { EventTable } from '../../components/event-table.tsx';
import { ListToolbar } from '../../components/list-toolbar.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { codeWords } from '../../said-by-engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { useNow } from '../../stores/use-now.ts';
import { useEvents } from './use-events.ts';

const shownEvents = 300;
const minuteMs = 60_000;
/** Hours back. */
const spans = ['1', '24', '168'] as const;
/** Everything is at least information. */
const levels = ['warning', 'error'] as const;

const distinct = <T extends string>(values: readonly (T | null)[]): readonly T[] =>
  [...new Set(values)].filter((value) => value !== null).sort();

/** What happened, the newest first. */
export const Events = () => {
  const all = useSite((site) => site.events);
  const now = useNow();
  const [level, setLevel] = useState<(typeof levels)[number] | ''>('');
  const [vm, setVm] = useState('');
  const [code, setCode] = useState<ErrorCode | ''>('');
  const [hours, setHours] = useState('');
  const [search, setSearch] = useState('');
  const wanted = search.trim();
  // Rounded, so that the engine is asked once a minute at most.
  const since = hours === '' ? null : Math.floor(now / minuteMs) * minuteMs - Number(hours) * 60 * minuteMs;
  const fitting = useEvents({
    ...(level === '' ? {} : { level }),
    ...(code === '' ? {} : { code }),
    ...(vm === '' ? {} : { vm }),
    ...(since === null ? {} : { since: new Date(since).toISOString() }),
    ...(wanted === '' ? {} : { text: wanted }),
  });
  if (all === null || fitting === null) return <Loading label={t('app.connecting')} />;
  const vms = distinct(all.map((event) => event.vm));
  const codes = distinct(all.map((event) => event.code));
  return (
    <>
      <h1>{t('events.title')}</h1>
      {all.length === 0 ? (
        <EmptyState title={t('events.empty')} help={t('events.emptyHelp')} />
      ) : (
        <>
          <ListToolbar
            searchLabel={t('events.search')}
            search={search}
            onSearch={setSearch}
            canExport={fitting.length > 0}
            onExport={() => downloadCsv(eventCsv(fitting), 'events')}
          >
            <Select
              aria-label={t('events.level')}
              value={level}
              onChange={(_event, data) => setLevel(levels.find((known) => known === data.value) ?? '')}
            >
              <option value="">
                {t('events.level')}: {t('common.all')}
              </option>
              {levels.map((choice) => (
                <option key={choice} value={choice}>
                  {choice === 'warning'
                    ? t('events.andGraver', { level: t(`events.level.${choice}`) })
                    : t(`events.level.${choice}`)}
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
            <Select
              aria-label={t('events.code')}
              value={code}
              onChange={(_event, data) => setCode(codes.find((known) => known === data.value) ?? '')}
            >
              <option value="">
                {t('events.code')}: {t('common.all')}
              </option>
              {codes.map((name) => (
                <option key={name} value={name}>
                  {codeWords(name)}
                </option>
              ))}
            </Select>
            <Select
              aria-label={t('events.time')}
              value={hours}
              onChange={(_event, data) => setHours(data.value)}
            >
              <option value="">
                {t('events.time')}: {t('common.all')}
              </option>
              {spans.map((span) => (
                <option key={span} value={span}>
                  {t(`events.time.${span}`)}
                </option>
              ))}
            </Select>
          </ListToolbar>
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
