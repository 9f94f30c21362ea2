import type { DiskStatus, VmStatus } from '../../../contract/reports.ts';
import { ErrorDetails } from '../../components/error-details.tsx';
import { LogBar, logShareOf } from '../../components/log-bar.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { formatBytes, formatPercent, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';

/** Where on the bar the 50 % line stands. */
const thresholdAt = 0.8;

const LogOfDisk = ({ disk: { hrl }, nowMs }: { readonly disk: DiskStatus; readonly nowMs: number }) => (
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
    {hrl.degraded === null ? null : (
      <p className="warning-text">{t('disk.degraded', { time: formatTime(hrl.degraded.since, nowMs) })}</p>
    )}
  </div>
);

const Disk = ({ disk, nowMs }: { readonly disk: DiskStatus; readonly nowMs: number }) => (
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
    </div>
    {disk.excluded ? (
      <div>
        <p>{t('disk.excluded')}</p>
        <p className="note">{t('disk.excludedHelp')}</p>
      </div>
    ) : (
      <div>
        {disk.progress === null ? (
          <p className="quiet disk-idle">{t('disk.idle')}</p>
        ) : (
          <ProgressBar progress={disk.progress} />
        )}
        <LogOfDisk disk={disk} nowMs={nowMs} />
        {disk.error === null ? null : (
          <div className="critical-text">
            {disk.error.message}
            <ErrorDetails error={disk.error} />
          </div>
        )}
      </div>
    )}
  </section>
);

/** Each disk with what runs on it, its log and where it is replicated to. */
export const Disks = ({ status, nowMs }: { readonly status: VmStatus; readonly nowMs: number }) => (
  <div className="stack">
    {status.disks.map((disk) => (
      <Disk key={disk.id} disk={disk} nowMs={nowMs} />
    ))}
  </div>
);
