import { Button } from '@fluentui/react-components';
import type { DiskStatus, VmStatus } from '../../../contract/reports.ts';
import { lastOf } from '../../charts/chart-rows.ts';
import { useSeries } from '../../charts/use-series.ts';
import { ErrorDetails } from '../../components/error-details.tsx';
import { LogBar, logShareOf } from '../../components/log-bar.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { formatBytes, formatDuration, formatExactTime, formatPercent, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { headlineOf } from '../../said-by-engine.ts';
import { openDialog } from '../../stores/ui-store.ts';
import { UnprotectedDiskCard } from './unprotected-disk.tsx';
import { waitingFor } from './waiting-for.ts';

/** Where on the bar the 50 % line stands. */
const thresholdAt = 0.8;

interface DiskProps {
  readonly disk: DiskStatus;
  readonly nowMs: number;
  /** Of the volume that its log lies on; null while it is not known. */
  readonly freeBytes: number | null;
}

/** Beside the bar: when the log will be too large, and the room it has to grow. */
const LogNotes = ({ disk: { hrl }, nowMs, freeBytes }: DiskProps) => {
  const notes = [
    ...(hrl.thresholdAt === null
      ? []
      : [
          t('disk.logReaches', {
            duration: formatDuration(Math.max(60, (Date.parse(hrl.thresholdAt) - nowMs) / 1000)),
            time: formatTime(hrl.thresholdAt, nowMs),
          }),
        ]),
    ...(freeBytes === null ? [] : [t('disk.volumeFree', { size: formatBytes(freeBytes) })]),
  ];
  return notes.length === 0 ? null : (
    <p className="note" title={hrl.thresholdAt === null ? undefined : formatExactTime(hrl.thresholdAt)}>
      {notes.join(' · ')}
    </p>
  );
};

const LogOfDisk = (props: DiskProps) => {
  const { hrl } = props.disk;
  return (
    <div className="disk-log">
      <div className="disk-log-head">
        <span>{t('disk.log')}</span>
        <span className="number">
          {t('disk.logText', {
            size: formatBytes(hrl.bytes),
            limit: formatBytes(hrl.thresholdBytes),
            percent: formatPercent(logShareOf(hrl)),
          })}
        </span>
      </div>
      <LogBar log={hrl} thresholdAt={thresholdAt} />
      <div className="disk-log-line note">
        <span style={{ inlineSize: `${thresholdAt * 100}%` }}>
          {t('disk.logLine', { size: formatBytes(hrl.thresholdBytes) })}
        </span>
      </div>
      <LogNotes {...props} />
      {hrl.degraded === null ? null : (
        <p className="warning-text" title={formatExactTime(hrl.degraded.since)}>
          {t('disk.degraded', { time: formatTime(hrl.degraded.since, props.nowMs) })}
        </p>
      )}
    </div>
  );
};

/** Takes the disk into the protection, or out of it; not the operating system's. */
const ChangeDisk = ({ disk, vmId }: { readonly disk: DiskStatus; readonly vmId: string }) => {
  const { id, name, excluded } = disk;
  if (disk.isOperatingSystem === true) return null;
  const words = t(excluded ? 'disk.includeMore' : 'disk.excludeMore');
  const kind = excluded ? 'includeDisk' : 'excludeDisk';
  return (
    <div className="form-actions">
      <Button
        size="small"
        aria-label={`${words} ${name}`}
        onClick={() => openDialog({ kind, vmId, disk: { id, name } })}
      >
        {words}
      </Button>
    </div>
  );
};

interface DiskCardProps extends DiskProps {
  readonly vmId: string;
  readonly waits: string | null;
}

const Disk = ({ disk, nowMs, freeBytes, vmId, waits }: DiskCardProps) => (
  <section className="card disk" aria-label={disk.name}>
    <div>
      <h2>{disk.name}</h2>
      <p className="note">
        {t('disk.size', { size: formatBytes(disk.sizeBytes), format: disk.format.toUpperCase() })}
      </p>
      <dl className="disk-paths note">
        <dt>{t('disk.source')}</dt>
        <dd className="path">{disk.path}</dd>
        {disk.replica === null ? null : (
          <>
            <dt>{t('disk.replica')}</dt>
            <dd className="path">{disk.replica}</dd>
          </>
        )}
      </dl>
      <ChangeDisk disk={disk} vmId={vmId} />
    </div>
    {disk.excluded ? (
      <div>
        <p>{t('disk.excluded')}</p>
        <p className="note">{t('disk.excludedHelp')}</p>
      </div>
    ) : (
      <div>
        {disk.progress === null ? (
          <p className="quiet disk-idle">{waits ?? t('disk.idle')}</p>
        ) : (
          <ProgressBar progress={disk.progress} />
        )}
        <LogOfDisk disk={disk} nowMs={nowMs} freeBytes={freeBytes} />
        {disk.error === null ? null : (
          <div className="critical-text">
            {headlineOf(disk.error)}
            <ErrorDetails error={disk.error} />
          </div>
        )}
      </div>
    )}
  </section>
);

/** Each disk with what runs on it, its log and where it is replicated to. */
export const Disks = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => {
  const report = useSeries(status.id, '1h', status.lastSyncAt);
  const freeBytes = (name: string): number | null => {
    const volume = report?.volumes.find(({ disks }) => disks.includes(name));
    return volume === undefined ? null : (lastOf(volume.freeBytes)?.value ?? null);
  };
  return (
    <div className="stack">
      {status.unprotectedDisks?.map((disk) => (
        <UnprotectedDiskCard key={disk.id} status={status} disk={disk} nowMs={nowMs} />
      ))}
      {status.disks.map((disk) => (
        <Disk
          key={disk.id}
          vmId={status.id}
          disk={disk}
          nowMs={nowMs}
          freeBytes={freeBytes(disk.name)}
          waits={waitingFor(disk, status)}
        />
      ))}
    </div>
  );
};
