import { memo } from 'react';
import { Moment } from '../../components/moment.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { RowMenu } from '../../components/row-menu.tsx';
import { isRpoLate, rpoScale } from '../../components/rpo-bar.tsx';
import { formatDuration, formatExactTime, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { reasonWords } from '../../reason-words.ts';
import { engineSays } from '../../said-by-engine.ts';
import { isFirstCopy, type VmRow } from '../../stores/vm-rows.ts';
import {
  EmptyCell,
  HealthCell,
  HelpingAction,
  LogCell,
  NameCell,
  ProtectAction,
  RpoCell,
  SelectCell,
} from './vm-cells.tsx';

interface VmLineProps {
  readonly row: VmRow;
  readonly nowMs: number;
  readonly selected: boolean;
  onSelect(id: string, selected: boolean): void;
}

/** What runs, else what is wrong and when it is tried again, else when the next cycle comes. */
const Activity = ({ row, nowMs }: { readonly row: VmRow; readonly nowMs: number }) => {
  const { status, progress } = row;
  if (status === null) return null;
  const [reason] = isFirstCopy(status) ? [] : status.healthReasons;
  const runs = progress !== null || status.activity !== null;
  return (
    <>
      {progress === null ? (
        status.activity !== null && engineSays(status.activity)
      ) : (
        <ProgressBar progress={progress} />
      )}
      {reason === undefined ? null : (
        <div className={runs ? 'note clamp' : 'clamp'} title={reason.text}>
          {reasonWords(reason)}
        </div>
      )}
      {status.retry === null ? null : (
        <div className="note" title={formatExactTime(status.retry.nextAttemptAt)}>
          {t('vm.nextTry', { time: formatTime(status.retry.nextAttemptAt, nowMs) })}
        </div>
      )}
      {!runs && reason === undefined && status.nextCycleAt !== null ? (
        <span className="quiet" title={formatExactTime(status.nextCycleAt)}>
          {t('vm.nextCycle', { time: formatTime(status.nextCycleAt, nowMs) })}
        </span>
      ) : null}
    </>
  );
};

const Rpo = ({ row: { rpoSeconds, status } }: { readonly row: VmRow }) => {
  const frequency = status?.frequencySeconds;
  if (rpoSeconds === null || !frequency) return <EmptyCell />;
  return (
    <RpoCell
      text={formatDuration(rpoSeconds)}
      target={formatDuration(frequency)}
      percent={Math.min(100, Math.round(rpoScale(rpoSeconds, frequency) * 100))}
      markPercent={rpoScale(frequency, frequency) * 100}
      tone={isRpoLate(rpoSeconds, frequency) ? 'warning' : 'quiet'}
    />
  );
};

const Actions = ({ row: { id, name, status, action } }: { readonly row: VmRow }) => {
  if (status === null) return <ProtectAction id={id} name={name} />;
  return (
    <>
      {action === null ? null : <HelpingAction action={action} id={id} name={name} />}
      <RowMenu status={status} />
    </>
  );
};

/** Whether a line would look the same: its VM sent nothing new, and no time has passed. A site has many, few of which change at once. */
const looksSame = (before: VmLineProps, after: VmLineProps): boolean =>
  before.nowMs === after.nowMs &&
  before.selected === after.selected &&
  before.onSelect === after.onSelect &&
  before.row.status === after.row.status &&
  before.row.name === after.row.name &&
  before.row.sizeBytes === after.row.sizeBytes;

/** One VM in the table. */
export const VmLine = memo(({ row, nowMs, selected, onSelect }: VmLineProps) => {
  const { id, name, status, fullestLog } = row;
  return (
    <tr data-vm={name} className={selected ? 'selected' : undefined}>
      <SelectCell id={id} name={name} selected={selected} onSelect={onSelect} />
      <NameCell id={id} name={name} sizeBytes={row.sizeBytes} vault={status?.vault ?? null} />
      <HealthCell health={status?.health ?? null} state={status?.state ?? 'Disabled'} />
      <Rpo row={row} />
      {status?.lastSyncAt ? (
        <td className="figure">
          <Moment iso={status.lastSyncAt} nowMs={nowMs} />
        </td>
      ) : (
        <EmptyCell />
      )}
      {fullestLog === null ? (
        <EmptyCell />
      ) : (
        <LogCell bytes={fullestLog.bytes} thresholdBytes={fullestLog.thresholdBytes} />
      )}
      <td className="activity">
        <Activity row={row} nowMs={nowMs} />
      </td>
      <td className="row-actions">
        <Actions row={row} />
      </td>
    </tr>
  );
}, looksSame);
