import { CircleHint20Regular, Clock20Regular, DismissCircle20Filled } from '@fluentui/react-icons';
import type { RetriesReport } from '../../../contract/retries.ts';
import { MainAction } from '../../components/main-action.tsx';
import { Moment } from '../../components/moment.tsx';
import { formatCountdown, formatExactTime, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { errorTitle } from '../../said-by-engine.ts';
import { type TrackNode, trackOf } from './retry-track.ts';

const actions = { 'retry.now': 'retry', resume: 'resume', resync: 'resync' } as const;

const icons = { failed: DismissCircle20Filled, next: Clock20Regular, later: CircleHint20Regular } as const;

interface NodeProps {
  readonly node: TrackNode;
  readonly nowMs: number;
}

const momentOf = (node: TrackNode): string =>
  node.kind === 'failed' ? (node.attempt.startedAt ?? node.attempt.endedAt) : node.attempt.at;

const wordsOf = (node: TrackNode, nowMs: number): string => {
  switch (node.kind) {
    case 'failed':
      return node.attempt.error === null ? t('timeline.failed') : errorTitle(node.attempt.error.code);
    case 'next': {
      const seconds = (Date.parse(node.attempt.at) - nowMs) / 1000;
      return seconds <= 0 ? t('timeline.now') : t('timeline.next', { duration: formatCountdown(seconds) });
    }
    case 'later':
      return t('timeline.later');
  }
};

const Node = ({ node, nowMs }: NodeProps) => {
  const { kind, stepMinutes } = node;
  const Icon = icons[kind];
  return (
    <li
      className={`rung rung-${kind}`}
      aria-current={kind === 'next' ? 'step' : undefined}
      title={kind === 'failed' ? node.attempt.error?.message : undefined}
    >
      <span className="rung-head">
        <span className="rung-step note">
          {stepMinutes === null
            ? null
            : t('timeline.after', { duration: t('unit.minutes', { value: stepMinutes }) })}
        </span>
        <Icon className="rung-mark" aria-hidden="true" />
      </span>
      <Moment iso={momentOf(node)} nowMs={nowMs} />
      <span className="note rung-words">{wordsOf(node, nowMs)}</span>
    </li>
  );
};

const titleOf = ({ state, attempts, firstFailureAt }: RetriesReport, nowMs: number): string =>
  state === 'working' || firstFailureAt === null
    ? t(`timeline.state.${state}`)
    : t('timeline.attempts', { count: attempts, time: formatTime(firstFailureAt, nowMs) });

/** The failures in a row, the countdown to the next attempt and the ladder of those after it. */
export const RetryLine = ({ report, nowMs }: { readonly report: RetriesReport; readonly nowMs: number }) => {
  const { state, action, vmId, vm, firstFailureAt } = report;
  const track = trackOf(report);
  return (
    <section className="card" aria-label={t('timeline.retries')}>
      <div className="card-head">
        <h2 title={firstFailureAt === null ? undefined : formatExactTime(firstFailureAt)}>
          {titleOf(report, nowMs)}
        </h2>
        {action === null ? null : <MainAction action={actions[action.request]} vm={{ id: vmId, name: vm }} />}
      </div>
      {state === 'paused' || (state === 'stopped' && report.firstFailureAt !== null) ? (
        <p>{t(`timeline.state.${state}`)}</p>
      ) : null}
      {track.length === 0 ? null : (
        <ol className="ladder">
          {track.map((node) => (
            <Node key={`${node.kind} ${momentOf(node)}`} node={node} nowMs={nowMs} />
          ))}
        </ol>
      )}
      <p className="note">{t('timeline.ladderHelp')}</p>
    </section>
  );
};
