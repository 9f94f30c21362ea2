import { Button } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { VmStatus } from '../../../contract/reports.ts';
import type { ResyncMapReport } from '../../../contract/resync.ts';
import type { ResyncHistoryReport } from '../../../contract/resync-reports.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { openDialog, showProblem } from '../../stores/ui-store.ts';
import { ResyncDisks } from './resync-disks.tsx';
import { ResyncHistory } from './resync-history.tsx';
import { ResyncRun } from './resync-run.tsx';

interface Past {
  readonly last: ResyncMapReport;
  readonly history: ResyncHistoryReport;
}

/** The last comparison and all that went before, asked anew when one began or ended. */
const usePast = ({ id, resync, resyncProgress, state }: VmStatus): Past | null => {
  const [past, setPast] = useState<Past | null>(null);
  const running = resyncProgress !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what says that there is more to read
  useEffect(() => {
    let current = true;
    Promise.all([ask('resync.map', { vm: id }), ask('resync.history', { vm: id })]).then(
      ([last, history]) => current && setPast({ last, history }),
      showProblem,
    );
    return () => {
      current = false;
    };
  }, [id, running, resync?.since, state]);
  return past?.last.vmId === id ? past : null;
};

const LastRun = ({ last, nowMs }: { readonly last: ResyncMapReport; readonly nowMs: number }) => (
  <section className="card">
    <h2>{last.endedAt === null ? t('resync.interrupted') : t('resync.last')}</h2>
    {last.endedAt === null ? <p>{t('resync.interruptedHelp')}</p> : null}
    <ResyncDisks disks={last.disks} nowMs={nowMs} startedAt={last.startedAt} endedAt={last.endedAt} />
  </section>
);

/** A VM's comparison with its replica: the one that runs, block by block, the last one, and why there were any. */
export const ResyncPanel = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => {
  const past = usePast(status);
  const { resyncProgress, id, lastSyncAt, state } = status;
  if (past === null && resyncProgress === undefined) return <Loading />;
  const marks = past?.history.resyncs ?? [];
  const last = past !== null && past.last.jobId !== null ? past.last : null;
  const start =
    lastSyncAt === null ? null : (
      <Button onClick={() => openDialog({ kind: 'resync', vmIds: [id] })}>{t('resync.start')}</Button>
    );
  const never = resyncProgress === undefined && last === null && marks.length === 0;
  return (
    <div className="stack">
      {resyncProgress === undefined ? null : (
        <ResyncRun status={status} progress={resyncProgress} nowMs={nowMs} />
      )}
      {never ? (
        <EmptyState title={t('resync.never')} help={t('resync.neverHelp')}>
          {start}
        </EmptyState>
      ) : null}
      {/* In trouble the message bar has the button. */}
      {!never && resyncProgress === undefined && state === 'Replicating' ? <div>{start}</div> : null}
      {resyncProgress === undefined && last !== null ? <LastRun last={last} nowMs={nowMs} /> : null}
      {marks.length === 0 ? null : <ResyncHistory marks={marks} nowMs={nowMs} />}
    </div>
  );
};
