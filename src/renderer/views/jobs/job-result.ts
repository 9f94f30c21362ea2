import type { JobResult } from '../../../contract/job-reports.ts';
import { assertNever } from '../../assert-never.ts';
import { formatBytes, formatNumber } from '../../format.ts';
import { t } from '../../i18n/words.ts';

/** What a job came to, in a sentence. */
export const describeResult = (result: JobResult): string => {
  switch (result.kind) {
    case 'cycle':
      return t('result.cycle', {
        changed: formatBytes(result.changedBytes),
        sent: formatBytes(result.sentBytes),
        consistency: t(`consistency.${result.consistency}`).toLocaleLowerCase(),
      });
    case 'initial':
      return t('result.initial', {
        sent: formatBytes(result.sentBytes),
        skipped: formatBytes(result.skippedBytes),
        consistency: t(`consistency.${result.consistency}`).toLocaleLowerCase(),
      });
    case 'resync':
      return t('result.resync', {
        different: formatNumber(result.differentBlocks),
        compared: formatNumber(result.comparedBlocks),
        sent: formatBytes(result.sentBytes),
      });
    case 'verify':
      return result.identical
        ? t('result.verifySame', { blocks: formatNumber(result.blocks) })
        : t('result.verifyDifferent', {
            different: formatNumber(result.differentBlocks),
            blocks: formatNumber(result.blocks),
          });
    case 'restore':
      return t('result.restore', {
        count: result.files.length,
        paths: result.files.map(({ path }) => path).join(', '),
      });
    case 'protect':
      return t('result.protect', { vault: result.vault, job: result.initialJob });
    case 'finalize':
      return t('result.finalize');
    case 'change':
      return t('result.change', { frequency: result.frequencySeconds, points: result.retentionPoints });
    case 'disks':
      return t('result.disks', {
        included: result.included.join(', ') || t('common.none'),
        excluded: result.excluded.join(', ') || t('common.none'),
      });
    case 'vault':
      return t('result.vault', { target: result.target });
    case 'unprotect':
      return result.replicaDeleted ? t('result.unprotectDeleted') : t('result.unprotectKept');
    default:
      return assertNever(result);
  }
};
