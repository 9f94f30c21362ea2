import type { VmStatus } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** Asks before the figures of the present interval begin anew. */
export const ResetStatisticsDialog = ({ status }: { readonly status: VmStatus }) => {
  const reset = async (): Promise<void> => {
    await ask('vm.statistics.reset', { vm: status.id });
    showNotice(t('notice.resetStatistics', { vm: status.name }));
  };
  return (
    <ConfirmDialog
      title={t('stats.resetTitle', { vm: status.name })}
      confirm={t('stats.resetConfirm')}
      onConfirm={reset}
    >
      <p>{t('stats.resetIntro')}</p>
    </ConfirmDialog>
  );
};
