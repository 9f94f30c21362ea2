import { Checkbox } from '@fluentui/react-components';
import { memo } from 'react';
import { ButtonLink } from '../../components/button-link.tsx';
import { HealthBadge } from '../../components/health-badge.tsx';
import { LogBar } from '../../components/log-bar.tsx';
import { MainAction } from '../../components/main-action.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { RowMenu } from '../../components/row-menu.tsx';
import { RpoBar } from '../../components/rpo-bar.tsx';
import { formatBytes, formatDuration, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { hrefOf } from '../../router.ts';
import { isFirstCopy, type VmRow } from '../../stores/vm-rows.ts';

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
      {progress === null ? status.activity : <ProgressBar progress={progress} />}
      {reason === undefined ? null : (
        <div className={runs ? 'note clamp' : 'clamp'} title={reason.text}>
          {reason.text}
        </div>
      )}
      {status.retry === null ? null : (
        <div className="note">{t('vm.nextTry', { time: formatTime(status.retry.nextAttemptAt, nowMs) })}</div>
      )}
      {!runs && reason === undefined && status.nextCycleAt !== null ? (
        <span className="quiet">{t('vm.nextCycle', { time: formatTime(status.nextCycleAt, nowMs) })}</span>
      ) : null}
    </>
  );
};

const Actions = ({ row: { id, name, status, action } }: { readonly row: VmRow }) => {
  if (status === null)
    return (
      <ButtonLink to={{ view: 'protect', vms: [id] }} size="small" label={`${t('action.protect')} ${name}`}>
        {t('action.protect')}
      </ButtonLink>
    );
  return (
    <>
      {action === null ? null : <MainAction action={action} vm={status} size="small" />}
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
  const { id, name, status, rpoSeconds, fullestLog } = row;
  const none = t('common.none');
  return (
    <tr data-vm={name} className={selected ? 'selected' : undefined}>
      <td className="narrow">
        <Checkbox
          aria-label={t('overview.select', { vm: name })}
          checked={selected}
          onChange={(_event, data) => onSelect(id, data.checked === true)}
        />
      </td>
      <th scope="row">
        <a href={hrefOf({ view: 'vm', id, tab: 'disks' })}>{name}</a>
        <div className="note">
          {formatBytes(row.sizeBytes)}
          {status?.vault ? ` · ${t('vm.vault', { vault: status.vault })}` : ''}
        </div>
      </th>
      <td>
        {status === null ? (
          <span className="quiet">{t('state.Disabled')}</span>
        ) : (
          <HealthBadge health={status.health} />
        )}
        {status === null ? null : <div className="note">{t(`state.${status.state}`)}</div>}
      </td>
      <td className="figure">
        {rpoSeconds === null || !status?.frequencySeconds ? (
          none
        ) : (
          <>
            {formatDuration(rpoSeconds)}
            <RpoBar rpoSeconds={rpoSeconds} frequencySeconds={status.frequencySeconds} />
            <div className="note">
              {t('vm.rpoTarget', { duration: formatDuration(status.frequencySeconds) })}
            </div>
          </>
        )}
      </td>
      <td className="figure">
        {status?.lastSyncAt ? <Moment iso={status.lastSyncAt} nowMs={nowMs} /> : none}
      </td>
      <td className="figure">
        {fullestLog === null ? (
          none
        ) : (
          <>
            {formatBytes(fullestLog.bytes)}
            <LogBar log={fullestLog} />
            <div className="note">{t('vm.logLimit', { size: formatBytes(fullestLog.thresholdBytes) })}</div>
          </>
        )}
      </td>
      <td className="activity">
        <Activity row={row} nowMs={nowMs} />
      </td>
      <td className="row-actions">
        <Actions row={row} />
      </td>
    </tr>
  );
}, looksSame);
