import {
  CheckmarkCircle16Regular,
  DismissCircle16Filled,
  SubtractCircle16Regular,
} from '@fluentui/react-icons';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { AttemptReport, RetryStatus, VmHistoryReport, VmStatus } from '../../../contract/reports.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { MainAction } from '../../components/main-action.tsx';
import { Moment } from '../../components/moment.tsx';
import { formatCountdown, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { showProblem } from '../../stores/ui-store.ts';
import { ladderOf } from './ladder.ts';

const shownAttempts = 50;

const CycleChart = lazy(async () => ({ default: (await import('./cycle-chart.tsx')).CycleChart }));

const Ladder = ({
  retry,
  status,
  nowMs,
}: {
  readonly retry: RetryStatus;
  readonly status: VmStatus;
  readonly nowMs: number;
}) => {
  const seconds = (Date.parse(retry.nextAttemptAt) - nowMs) / 1000;
  return (
    <section className="card">
      <div className="card-head">
        <h2>
          {t('timeline.attempts', { count: retry.attempts, time: formatTime(retry.firstFailureAt, nowMs) })}
        </h2>
        <MainAction action="retry" vm={status} />
      </div>
      <ol className="ladder">
        {ladderOf(retry).map(({ minutes, state, repeats }) => (
          <li
            key={minutes}
            className={`rung rung-${state}`}
            aria-current={state === 'next' ? 'step' : undefined}
          >
            <span className="rung-step">
              {repeats
                ? t('timeline.every', { duration: t('unit.minutes', { value: minutes }) })
                : t('unit.minutes', { value: minutes })}
            </span>
            <span className="note">
              {state === 'next'
                ? seconds <= 0
                  ? t('timeline.now')
                  : t('timeline.next', { duration: formatCountdown(seconds) })
                : t(`timeline.${state}`)}
            </span>
          </li>
        ))}
      </ol>
      <p className="note">{t('timeline.ladderHelp')}</p>
    </section>
  );
};

const outcomeIcons = {
  succeeded: CheckmarkCircle16Regular,
  failed: DismissCircle16Filled,
  cancelled: SubtractCircle16Regular,
} as const;

const AttemptLine = ({ attempt, nowMs }: { readonly attempt: AttemptReport; readonly nowMs: number }) => {
  const Icon = outcomeIcons[attempt.outcome];
  return (
    <tr>
      <td className="figure narrow">
        <Moment iso={attempt.at} nowMs={nowMs} />
      </td>
      <td>{t(`job.${attempt.what}`)}</td>
      <td>
        <span className={`health ${attempt.outcome === 'failed' ? 'health-critical' : ''}`}>
          <Icon aria-hidden="true" />
          {t(`outcome.${attempt.outcome}`)}
        </span>
        {attempt.error === null ? null : <div className="note">{attempt.error.message}</div>}
      </td>
    </tr>
  );
};

/** The retries with the next attempt's countdown, what each cycle sent, and what was tried. */
export const Timeline = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => {
  const { id, lastSyncAt, retry } = status;
  const [history, setHistory] = useState<VmHistoryReport | null>(null);
  // Each attempt changes one of the two: that is when there is something new to read.
  const attempts = retry?.attempts ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what says that the history has grown
  useEffect(() => {
    let current = true;
    ask('vm.history', { vm: id }).then((report) => current && setHistory(report), showProblem);
    return () => {
      current = false;
    };
  }, [id, lastSyncAt, attempts]);

  return (
    <div className="stack">
      {retry === null ? null : <Ladder retry={retry} status={status} nowMs={nowMs} />}
      {history === null ? (
        <Loading />
      ) : (
        <>
          <Suspense fallback={<Loading />}>
            <CycleChart cycles={history.cycles} nowMs={nowMs} />
          </Suspense>
          <section className="card">
            <h2>{t('timeline.history')}</h2>
            {history.attempts.length === 0 ? (
              <EmptyState title={t('timeline.empty')} />
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col" className="figure">
                      {t('timeline.at')}
                    </th>
                    <th scope="col">{t('timeline.what')}</th>
                    <th scope="col">{t('timeline.outcome')}</th>
                  </tr>
                </thead>
                <tbody>
                  {history.attempts
                    .slice(-shownAttempts)
                    .toReversed()
                    .map((attempt) => (
                      <AttemptLine key={attempt.id} attempt={attempt} nowMs={nowMs} />
                    ))}
                </tbody>
              </table>
            )}
          </section>
        </>
      )}
    </div>
  );
};
