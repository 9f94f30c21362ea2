import { Select } from '@fluentui/react-components';
import { useState } from 'react';
import { jobCsv } from '../../../contract/job-csv.ts';
import { isEnded, type JobReport } from '../../../contract/job-reports.ts';
import { downloadCsv } from '../../components/download.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ListToolbar } from '../../components/list-toolbar.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { useSite } from '../../stores/site-store.ts';
import { useNow } from '../../stores/use-now.ts';
import { JobLine } from './job-line.tsx';

const filters = ['cycles', 'all', 'active', 'waiting', 'failed', 'succeeded', 'cancelled'] as const;
type JobFilter = (typeof filters)[number];

/** A cycle that went well is routine: hundreds a day. */
const passes: Readonly<Record<JobFilter, (job: JobReport) => boolean>> = {
  cycles: ({ kind, state }) => kind !== 'cycle' || state !== 'succeeded',
  all: () => true,
  active: ({ state }) => !isEnded(state),
  waiting: ({ state }) => state.startsWith('waiting') || state === 'queued' || state === 'paused',
  failed: ({ state }) => state === 'failed',
  succeeded: ({ state }) => state === 'succeeded',
  cancelled: ({ state }) => state === 'cancelled',
};

const shownJobs = 200;

/** What the engine does and did, the newest first. */
export const Jobs = ({ opened }: { readonly opened: number | null }) => {
  const jobs = useSite((site) => site.jobs);
  const now = useNow(1000);
  const [filter, setFilter] = useState<JobFilter>(opened === null ? 'cycles' : 'all');
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set(opened === null ? [] : [opened]));
  if (jobs === null) return <Loading label={t('app.connecting')} />;
  const newest = [...jobs.values()].sort((a, b) => b.id - a.id);
  const wanted = search.trim().toLocaleLowerCase();
  const fitting = newest.filter(
    (job) =>
      passes[filter](job) &&
      `${job.vm} ${t(`job.${job.kind}`)} ${job.id}`.toLocaleLowerCase().includes(wanted),
  );
  const shown = fitting.slice(0, shownJobs);
  const toggle = (id: number): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  return (
    <>
      <h1>{t('jobs.title')}</h1>
      {newest.length === 0 ? (
        <EmptyState title={t('jobs.empty')} help={t('jobs.emptyHelp')} />
      ) : (
        <>
          <ListToolbar
            searchLabel={t('jobs.search')}
            search={search}
            onSearch={setSearch}
            canExport={fitting.length > 0}
            onExport={() => downloadCsv(jobCsv(fitting), 'jobs')}
          >
            <Select
              aria-label={t('jobs.filter')}
              value={filter}
              onChange={(_event, { value }) => setFilter(filters.find((known) => known === value) ?? 'all')}
            >
              {filters.map((choice) => (
                <option key={choice} value={choice}>
                  {t(`jobs.filter.${choice}`)}
                </option>
              ))}
            </Select>
          </ListToolbar>
          {shown.length === 0 ? (
            <EmptyState title={t('jobs.noMatch')} />
          ) : (
            <table className="card">
              <thead>
                <tr>
                  <th scope="col" className="narrow">
                    <span className="unseen">{t('jobs.steps')}</span>
                  </th>
                  <th scope="col">{t('jobs.column.job')}</th>
                  <th scope="col">{t('jobs.column.vm')}</th>
                  <th scope="col">{t('jobs.column.state')}</th>
                  <th scope="col" className="figure">
                    {t('jobs.column.started')}
                  </th>
                  <th scope="col" className="figure">
                    {t('jobs.column.duration')}
                  </th>
                  <th scope="col">
                    <span className="unseen">{t('jobs.column.actions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((job) => (
                  <JobLine
                    key={job.id}
                    job={job}
                    nowMs={now}
                    open={open.has(job.id)}
                    onToggle={() => toggle(job.id)}
                  />
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </>
  );
};
