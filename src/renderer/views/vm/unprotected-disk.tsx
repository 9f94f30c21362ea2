import { Button } from '@fluentui/react-components';
import type { VmStatus } from '../../../contract/reports.ts';
import type { UnprotectedDisk } from '../../../contract/unprotected-disk.ts';
import { formatBytes, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { openDialog, showNotice, showProblem } from '../../stores/ui-store.ts';

interface UnprotectedDiskCardProps {
  readonly status: VmStatus;
  readonly disk: UnprotectedDisk;
  readonly nowMs: number;
}

/** A disk of a protected VM that nobody has decided about, with both ways out. */
export const UnprotectedDiskCard = ({ status, disk, nowMs }: UnprotectedDiskCardProps) => {
  const { id, name, path, sizeBytes, cause, since } = disk;
  const leaveOut = async (): Promise<void> => {
    try {
      const { job } = await ask('protection.disks', { vm: status.id, exclude: [id] });
      showNotice(t('notice.excludeDisk', { disk: name, vm: status.name }), job?.id ?? null);
    } catch (error) {
      showProblem(error);
    }
  };
  return (
    <section className="card disk" aria-label={name}>
      <div>
        <h2>{name}</h2>
        {cause === 'unreadable' ? null : <p className="note">{formatBytes(sizeBytes)}</p>}
        <dl className="disk-paths note">
          <dt>{t('disk.source')}</dt>
          <dd className="path">{path}</dd>
        </dl>
      </div>
      <div>
        <p className="warning-text">{t('disk.notProtected', { time: formatTime(since, nowMs) })}</p>
        <p className="note">{t(`disk.notProtected.${cause}`)}</p>
        <div className="form-actions">
          {cause === 'unreadable' ? null : (
            <Button
              appearance="primary"
              aria-label={`${t('disk.includeMore')} ${name}`}
              onClick={() => openDialog({ kind: 'includeDisk', vmId: status.id, disk: { id, name } })}
            >
              {t('disk.includeMore')}
            </Button>
          )}
          <Button aria-label={`${t('disk.exclude')} ${name}`} onClick={() => void leaveOut()}>
            {t('disk.exclude')}
          </Button>
        </div>
      </div>
    </section>
  );
};
