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

const LogCell = ({ log }: { readonly log: NonNullable<VmRow['fullestLog']> }) => {
  const fraction = log.thresholdBytes === 0 ? 0 : log.bytes / log.thresholdBytes;
  return (
    <>
      {formatBytes(log.bytes)}
      <meter
        min={0}
        max={1}
        high={0.6}
        value={Math.min(1, fraction)}
        title={formatPercent(fraction)}
        aria-label={words.columns.log}
      />
      <div className="note">{words.logLimit(formatBytes(log.thresholdBytes))}</div>
    </>
  );
};

/** What runs, else what is wrong and when it is tried again, else when the next cycle comes. */
const Activity = ({ row, nowMs }: { readonly row: VmRow; readonly nowMs: number }) => {
  const { status } = row;
  if (status === null) return null;
  const [reason] = status.healthReasons;
  const runs = row.progress === null ? status.activity : <ProgressBar progress={row.progress} />;
  return (
    <>
      {runs}
      {reason === undefined ? null : <div className={runs ? 'note' : ''}>{reason.text}</div>}
      {status.retry === null ? null : (
        <div className="note">{words.nextTry(formatTime(status.retry.nextAttemptAt, nowMs))}</div>
      )}
      {!runs && reason === undefined && status.nextCycleAt !== null ? (
        <span className="quiet">{words.nextCycle(formatTime(status.nextCycleAt, nowMs))}</span>
      ) : null}
    </>
  );
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
      <td>{status?.protected ? <HealthBadge health={status.health} /> : words.none}</td>
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
