import type { DiskStatus, VmStatus } from '../../../contract/reports.ts';
import { t } from '../../i18n/words.ts';

const isDone = ({ progress }: DiskStatus): boolean =>
  progress !== null && progress.doneBytes + progress.skippedBytes >= progress.totalBytes;

/**
 * What a disk waits for whose turn comes later: copies and comparisons go through a VM's disks one by one. Null when
 * nothing runs that it would wait for.
 */
export const waitingFor = (disk: DiskStatus, { disks, resyncProgress }: VmStatus): string | null => {
  if (disk.progress !== null || disk.excluded) return null;
  const replicated = disks.filter(({ excluded }) => !excluded);
  const busy = replicated.find((each) => each.progress !== null && !isDone(each));
  if (busy?.progress == null || (busy.progress.phase !== 'initial' && busy.progress.phase !== 'resync'))
    return null;
  const compared = resyncProgress?.disks.find(({ id }) => id === disk.id);
  if (compared !== undefined && compared.state !== 'waiting') return null;
  return t('disk.waiting', {
    number: replicated.indexOf(disk) + 1,
    count: replicated.length,
    before: busy.name,
  });
};
