import type { VmStatus } from '../../contract/reports.ts';
import { formatBytes, formatDuration, formatExactTime, formatPercent, formatTime } from '../format.ts';
import type { RowAction, VmRow } from '../stores/vm-rows.ts';
import { stateWords, words } from '../words.ts';
import { HealthBadge } from './health-badge.tsx';
import { ProgressBar } from './progress-bar.tsx';

interface VmLineProps {
  readonly row: VmRow;
  readonly nowMs: number;
  onAction(row: VmRow, action: RowAction): void;
}

const Time = ({ iso, nowMs }: { readonly iso: string; readonly nowMs: number }) => (
  <time dateTime={iso} title={formatExactTime(iso)}>
    {formatTime(iso, nowMs)}
  </time>
);

const HealthCell = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => (
  <>
    <HealthBadge health={status.health} />
    {status.healthReasons.slice(0, 1).map(({ text }) => (
      <div className="note" key={text}>
        {text}
      </div>
    ))}
    {status.retry === null ? null : (
      <div className="note">{words.nextTry(formatTime(status.retry.nextAttemptAt, nowMs))}</div>
    )}
  </>
);

const LogCell = ({ log }: { readonly log: NonNullable<VmRow['fullestLog']> }) => {
  const fraction = log.thresholdBytes === 0 ? 0 : log.bytes / log.thresholdBytes;
  return (
    <>
      <span className="number">
        {formatBytes(log.bytes)}
        <span className="of"> of {formatBytes(log.thresholdBytes)}</span>
      </span>
      <meter
        min={0}
        max={1}
        high={0.6}
        value={Math.min(1, fraction)}
        title={formatPercent(fraction)}
        aria-label={words.columns.log}
      />
    </>
  );
};

const Activity = ({ row, nowMs }: { readonly row: VmRow; readonly nowMs: number }) => {
  if (row.progress !== null) return <ProgressBar progress={row.progress} />;
  const { status } = row;
  if (status?.activity) return <span>{status.activity}</span>;
  return status?.nextCycleAt ? (
    <span className="quiet">{words.nextCycle(formatTime(status.nextCycleAt, nowMs))}</span>
  ) : null;
};

/** One VM in the table. */
export const VmLine = ({ row, nowMs, onAction }: VmLineProps) => {
  const { status, action } = row;
  return (
    <tr data-vm={row.name}>
      <th scope="row">
        {row.name}
        <div className="note">
          {formatBytes(row.sizeBytes)}
          {status?.vault ? ` · ${words.vault(status.vault)}` : ''}
        </div>
      </th>
      <td>
        {status === null ? <span className="quiet">{words.notProtected}</span> : stateWords[status.state]}
      </td>
      <td>{status?.protected ? <HealthCell status={status} nowMs={nowMs} /> : words.none}</td>
      <td className="figure">
        {row.rpoSeconds === null ? words.none : formatDuration(row.rpoSeconds)}
        {status?.frequencySeconds ? (
          <div className="note">{words.rpoLimit(formatDuration(status.frequencySeconds))}</div>
        ) : null}
      </td>
      <td className="figure">
        {status?.lastSyncAt ? <Time iso={status.lastSyncAt} nowMs={nowMs} /> : words.none}
      </td>
      <td className="figure">{row.fullestLog === null ? words.none : <LogCell log={row.fullestLog} />}</td>
      <td className="activity">
        <Activity row={row} nowMs={nowMs} />
      </td>
      <td>
        {action === null ? null : (
          <button type="button" onClick={() => onAction(row, action)}>
            {words.actions[action]}
          </button>
        )}
      </td>
    </tr>
  );
};
