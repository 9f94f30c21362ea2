import { Checkbox } from '@fluentui/react-components';
import { useState } from 'react';
import type { VmStatus } from '../../contract/reports.ts';
import { formatBytes } from '../format.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** Asks before every disk is read whole. */
export const ResyncDialog = ({ status }: { readonly status: VmStatus }) => {
  const [deep, setDeep] = useState(false);
  const disks = status.disks.filter(({ excluded }) => !excluded);
  const size = formatBytes(disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const resynchronize = async (): Promise<void> => {
    const job = await ask('resync', { vm: status.id, deep });
    showNotice(t('notice.resync', { vm: status.name }), job.id);
  };
  return (
    <ConfirmDialog
      title={t('resync.title', { vm: status.name })}
      confirm={t('action.resyncNow')}
      onConfirm={resynchronize}
    >
      <p>{t('resync.intro', { count: disks.length, size })}</p>
      <p>{t('resync.safe')}</p>
      <Checkbox
        label={t('resync.deep')}
        checked={deep}
        onChange={(_event, data) => setDeep(data.checked === true)}
      />
      <p className="note">{t('resync.deepHelp')}</p>
    </ConfirmDialog>
  );
};
