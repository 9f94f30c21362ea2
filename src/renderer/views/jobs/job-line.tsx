import { Button } from '@fluentui/react-components';
import { ChevronDown20Regular, ChevronRight20Regular } from '@fluentui/react-icons';
import type { JobReport } from '../../../contract/job-reports.ts';
import { ErrorDetails } from '../../components/error-details.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProgressLine } from '../../components/progress-bar.tsx';
import { formatDuration, formatExactTime, formatPercent, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { hrefOf } from '../../router.ts';
import { engineSays, headlineOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';
import { showProblem } from '../../stores/ui-store.ts';
import { describeResult } from './job-result.ts';

interface JobLineProps {
  readonly job: JobReport;
  readonly nowMs: number;
  readonly open: boolean;
  onToggle(): void;
}

const columns = 7;

const Steps = ({ job }: { readonly job: JobReport }) => (
  <>
    {job.steps.length === 0 ? (
      <p className="note">{t('jobs.noSteps')}</p>
    ) : (
      <ol className="job-steps">
        {job.steps.map(({ name, state, percent, startedAt, endedAt }) => (
          <li key={name} className={`job-step-${state}`}>
            {engineSays(name)}
            <span className="note">
              {' '}
              {t(`step.${state}`)}
              {startedAt === null || endedAt === null
                ? ''
                : ` · ${formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}`}
              {state === 'running' && percent !== null ? ` · ${formatPercent(percent / 100)}` : ''}
            </span>
          </li>
        ))}
      </ol>
    )}
    {job.result === null ? null : <p>{describeResult(job.result)}</p>}
    {job.error === null ? null : (
      <div className="critical-text">
        <p>{headlineOf(job.error)}</p>
        <ErrorDetails error={job.error} at={job.endedAt ?? job.startedAt} />
      </div>
    )}
  </>
);

const State = ({ job, nowMs }: { readonly job: JobReport; readonly nowMs: number }) => (
  <>
    <span className={job.state === 'failed' ? 'critical-text' : job.state === 'succeeded' ? 'quiet' : ''}>
      {t(`jobState.${job.state}`)}
    </span>
    {job.state === 'running' && job.percent !== null ? (
      <div className="progress">
        <ProgressLine
          fraction={job.percent / 100}
          label={t(`job.${job.kind}`)}
          text={formatPercent(job.percent / 100)}
        />
        <span className="note">{formatPercent(job.percent / 100)}</span>
      </div>
    ) : null}
    {job.blockedOn === null ? null : <div className="note">{engineSays(job.blockedOn)}</div>}
    {job.nextAttemptAt === null ? null : (
      <div className="note" title={formatExactTime(job.nextAttemptAt)}>
        {t('jobs.goesOnAt', { time: formatTime(job.nextAttemptAt, nowMs) })}
      </div>
    )}
  </>
);

/** One job, with its steps when opened. */
export const JobLine = ({ job, nowMs, open, onToggle }: JobLineProps) => {
  const { id, kind, vm, vmId, startedAt, endedAt, canCancel, canRestart } = job;
  const seconds = ((endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000;
  const restart = (): void => {
    ask('job.restart', { id }).catch(showProblem);
  };
  const cancel = (): void => {
    ask('job.cancel', { id }).catch(showProblem);
  };
  return (
    <>
      <tr data-job={id}>
        <td className="narrow">
          <Button
            appearance="subtle"
            size="small"
            icon={open ? <ChevronDown20Regular /> : <ChevronRight20Regular />}
            aria-label={t('jobs.show', { id })}
            aria-expanded={open}
            onClick={onToggle}
          />
        </td>
        <th scope="row">{t(`job.${kind}`)}</th>
        <td>{vmId === '' ? vm : <a href={hrefOf({ view: 'vm', id: vmId, tab: 'disks' })}>{vm}</a>}</td>
        <td>
          <State job={job} nowMs={nowMs} />
        </td>
        <td className="figure">
          <Moment iso={startedAt} nowMs={nowMs} />
        </td>
        <td className="figure">{formatDuration(seconds)}</td>
        <td className="row-actions">
          {canRestart ? (
            <Button size="small" aria-label={t('jobs.restartOf', { id })} onClick={restart}>
              {t('jobs.restart')}
            </Button>
          ) : null}
          {!canCancel ? null : (
            <Button size="small" aria-label={t('jobs.cancelOf', { id })} onClick={cancel}>
              {t('jobs.cancel')}
            </Button>
          )}
        </td>
      </tr>
      {open ? (
        <tr className="job-detail">
          <td />
          <td colSpan={columns - 1}>
            <Steps job={job} />
          </td>
        </tr>
      ) : null}
    </>
  );
};
