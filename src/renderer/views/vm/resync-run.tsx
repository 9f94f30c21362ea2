import { Button } from '@fluentui/react-components';
import { ArrowCircleRight16Filled, CheckmarkCircle16Regular, Circle16Regular } from '@fluentui/react-icons';
import type { VmStatus } from '../../../contract/reports.ts';
import { type ResyncProgress, resyncSteps } from '../../../contract/resync.ts';
import {
  formatBytes,
  formatDuration,
  formatExactTime,
  formatNumber,
  formatPercent,
  formatTime,
} from '../../format.ts';
import { t, type WordKey } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { showNotice, showProblem } from '../../stores/ui-store.ts';
import { act } from '../../stores/vm-actions.ts';
import { ResyncDisks } from './resync-disks.tsx';

const Steps = ({ step }: Pick<ResyncProgress, 'step'>) => {
  const current = resyncSteps.indexOf(step);
  return (
    <ol className="resync-steps">
      {resyncSteps.map((each, index) => {
        const Icon =
          index < current
            ? CheckmarkCircle16Regular
            : index === current
              ? ArrowCircleRight16Filled
              : Circle16Regular;
        return (
          <li
            key={each}
            className={index === current ? 'resync-step-current' : undefined}
            aria-current={index === current ? 'step' : undefined}
          >
            <Icon aria-hidden="true" />
            {t(`resync.step.${each}`)}
          </li>
        );
      })}
    </ol>
  );
};

const figures = (progress: ResyncProgress): readonly (readonly [WordKey, string, string])[] => {
  const { comparedBlocks, totalBlocks, differentBlocks, sentBlocks, toGoBlocks, sentBytes, savedBytes } =
    progress;
  const share = totalBlocks === 0 ? 0 : comparedBlocks / totalBlocks;
  return [
    [
      'resync.figure.compared',
      formatPercent(share),
      t('resync.blocks', { count: formatNumber(comparedBlocks) }),
    ],
    ['resync.figure.different', formatNumber(differentBlocks), t('resync.ofBlocks')],
    ['resync.figure.sent', formatBytes(sentBytes), t('resync.blocks', { count: formatNumber(sentBlocks) })],
    ['resync.figure.toGo', formatNumber(toGoBlocks), t('resync.ofBlocks')],
    ['resync.figure.saved', formatBytes(savedBytes), t('resync.savedNote')],
  ];
};

const cancelJob = async (jobId: number, vm: string): Promise<void> => {
  try {
    await ask('job.cancel', { id: jobId });
    showNotice(t('notice.resyncCancelled', { vm }), jobId);
  } catch (error) {
    showProblem(error);
  }
};

interface ResyncRunProps {
  readonly status: VmStatus;
  readonly progress: ResyncProgress;
  readonly nowMs: number;
}

/** A comparison under way: its step, its figures, its disks, and how to stop it. */
export const ResyncRun = ({ status, progress, nowMs }: ResyncRunProps) => {
  const { jobId, startedAt, resumedAt, etaSeconds, deep } = progress;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('resync.running')}</h2>
        <div className="form-actions">
          <Button onClick={() => void act(status.paused ? 'resume' : 'pause', status)}>
            {t(status.paused ? 'action.resume' : 'action.pause')}
          </Button>
          <Button onClick={() => void cancelJob(jobId, status.name)}>{t('common.cancel')}</Button>
        </div>
      </div>
      <p className="quiet" title={formatExactTime(startedAt)}>
        {[
          t('resync.began', { time: formatTime(startedAt, nowMs) }),
          ...(resumedAt === null ? [] : [t('resync.resumed', { time: formatTime(resumedAt, nowMs) })]),
          ...(etaSeconds === null || etaSeconds < 5
            ? []
            : [t('progress.left', { duration: formatDuration(etaSeconds) })]),
          ...(deep ? [t('resync.isDeep')] : []),
        ].join(' · ')}
      </p>
      <Steps step={progress.step} />
      <dl className="facts">
        {figures(progress).map(([key, value, note]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>
              <span className="fact-value">{value}</span> <span className="note">{note}</span>
            </dd>
          </div>
        ))}
      </dl>
      <ResyncDisks disks={progress.disks} nowMs={nowMs} startedAt={null} endedAt={null} />
    </section>
  );
};
