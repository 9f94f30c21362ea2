import { Button } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../../contract/errors.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import type { VmStatus } from '../../../contract/reports.ts';
import type { PointReport } from '../../../contract/vault-reports.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorDetails } from '../../components/error-details.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { formatBytes, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { headlineOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';
import { openDialog } from '../../stores/ui-store.ts';

/** What the vault said, for one moment of the replica. */
type Answer = { readonly points: readonly PointReport[] } | { readonly error: ErrorReport };

interface PointLineProps {
  readonly vmId: string;
  readonly point: PointReport;
  readonly newest: boolean;
  readonly nowMs: number;
}

const PointLine = ({ vmId, point, newest, nowMs }: PointLineProps) => (
  <tr>
    <td className="figure narrow">
      <Moment iso={point.takenAt} nowMs={nowMs} />
    </td>
    <td>
      {t(`consistency.${point.consistency}`)}
      {newest ? <span className="note"> {t('points.newest')}</span> : null}
    </td>
    <td className="figure">{formatBytes(point.sizeBytes)}</td>
    <td className="row-actions">
      <Button
        size="small"
        aria-label={t('points.restoreOf', { time: formatTime(point.takenAt, nowMs) })}
        onClick={() => openDialog({ kind: 'restore', vmId, point })}
      >
        {t('points.restore')}
      </Button>
    </td>
  </tr>
);

/** The moments that the VM can be brought back to, the newest first. */
export const Points = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => {
  const { id, lastSyncAt } = status;
  const [answer, setAnswer] = useState<Answer | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer replica has a newer list
  useEffect(() => {
    let current = true;
    ask('points', { vm: id }).then(
      ({ points }) => current && setAnswer({ points: points.toReversed() }),
      (error: unknown) => current && setAnswer({ error: ReplicationError.from(error).toReport() }),
    );
    return () => {
      current = false;
    };
  }, [id, lastSyncAt]);

  if (lastSyncAt === null) return <EmptyState title={t('points.empty')} help={t('points.emptyHelp')} />;
  if (answer === null) return <Loading label={t('points.loading')} />;
  if ('error' in answer)
    return (
      <EmptyState title={t('points.failed')} help={headlineOf(answer.error)}>
        <ErrorDetails error={answer.error} />
      </EmptyState>
    );
  if (answer.points.length === 0)
    return <EmptyState title={t('points.empty')} help={t('points.emptyHelp')} />;
  return (
    <table className="card">
      <thead>
        <tr>
          <th scope="col" className="figure">
            {t('points.taken')}
          </th>
          <th scope="col">{t('points.consistency')}</th>
          <th scope="col" className="figure" title={t('points.sizeHelp')}>
            {t('points.size')}
          </th>
          <th scope="col">
            <span className="unseen">{t('column.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {answer.points.map((point, index) => (
          <PointLine key={point.id} vmId={id} point={point} newest={index === 0} nowMs={nowMs} />
        ))}
      </tbody>
    </table>
  );
};
