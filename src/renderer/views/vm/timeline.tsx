import {
  CheckmarkCircle16Regular,
  DismissCircle16Filled,
  SubtractCircle16Regular,
} from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { VmStatus } from '../../../contract/reports.ts';
import type { PastAttempt, RetriesReport } from '../../../contract/retries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { formatDuration } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { accountOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';
import { showProblem } from '../../stores/ui-store.ts';
import { RetryLine } from './retry-line.tsx';

const shownAttempts = 50;

const outcomeIcons = {
  succeeded: CheckmarkCircle16Regular,
  failed: DismissCircle16Filled,
  cancelled: SubtractCircle16Regular,
} as const;

const AttemptLine = ({ attempt, nowMs }: { readonly attempt: PastAttempt; readonly nowMs: number }) => {
  const { startedAt, endedAt, what, outcome, error } = attempt;
  const Icon = outcomeIcons[outcome];
  return (
    <tr>
      <td className="figure narrow">
        <Moment iso={endedAt} nowMs={nowMs} />
      </td>
      <td className="figure narrow">
        {startedAt === null
          ? t('common.none')
          : formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}
      </td>
      <td>{t(`job.${what}`)}</td>
      <td>
        <span className={`health ${outcome === 'failed' ? 'health-critical' : ''}`}>
          <Icon aria-hidden="true" />
          {t(`outcome.${outcome}`)}
        </span>
        {error === null ? null : <div className="note event-text">{accountOf(error)}</div>}
      </td>
    </tr>
  );
};

/** What was tried and when it is tried again; read anew whenever an attempt began, ended or was put off. */
const useRetries = ({ id, lastSyncAt, retry, activity, paused, state }: VmStatus): RetriesReport | null => {
  const [report, setReport] = useState<RetriesReport | null>(null);
  const busy = activity !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what says that there is something new to read
  useEffect(() => {
    let current = true;
    ask('retries', { vm: id, limit: shownAttempts }).then(
      (answer) => current && setReport(answer),
      showProblem,
    );
    return () => {
      current = false;
    };
  }, [id, lastSyncAt, retry?.attempts, retry?.nextAttemptAt, busy, paused, state]);
  return report?.vmId === id ? report : null;
};

/** The retries with the next attempt's countdown, and what was tried. */
export const Timeline = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => {
  const report = useRetries(status);
  if (report === null) return <Loading />;
  return (
    <div className="stack">
      <RetryLine report={report} nowMs={nowMs} />
      <section className="card">
        <h2>{t('timeline.history')}</h2>
        {report.past.length === 0 ? (
          <EmptyState title={t('timeline.empty')} />
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col" className="figure">
                  {t('timeline.at')}
                </th>
                <th scope="col" className="figure">
                  {t('timeline.took')}
                </th>
                <th scope="col">{t('timeline.what')}</th>
                <th scope="col">{t('timeline.outcome')}</th>
              </tr>
            </thead>
            <tbody>
              {report.past.toReversed().map((attempt) => (
                <AttemptLine key={attempt.id} attempt={attempt} nowMs={nowMs} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
};
