import { Checkbox } from '@fluentui/react-components';
import { useState } from 'react';
import type { VmStatus } from '../../contract/reports.ts';
import { formatBytes } from '../format.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** Asks before every disk of one VM, or of several, is read whole. */
export const ResyncDialog = ({ vms }: { readonly vms: readonly VmStatus[] }) => {
  const [deep, setDeep] = useState(false);
  const [begun, setBegun] = useState<ReadonlySet<string>>(new Set());
  const disks = vms.flatMap((vm) => vm.disks).filter(({ excluded }) => !excluded);
  const size = formatBytes(disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const [only] = vms;
  const name = vms.length === 1 ? (only?.name ?? '') : null;
  const resynchronize = async (): Promise<void> => {
    const jobs: number[] = [];
    // After one was refused, those that have begun already are not begun again.
    for (const { id } of vms.filter((vm) => !begun.has(vm.id))) {
      jobs.push((await ask('resync', { vm: id, deep })).id);
      setBegun((before) => new Set([...before, id]));
    }
    if (name === null) showNotice(t('notice.resyncSeveral', { count: vms.length }));
    else showNotice(t('notice.resync', { vm: name }), jobs[0] ?? null);
  };
  return (
    <ConfirmDialog
      title={
        name === null ? t('resync.titleSeveral', { count: vms.length }) : t('resync.title', { vm: name })
      }
      confirm={t('action.resyncNow')}
      onConfirm={resynchronize}
    >
      {name === null ? <p>{vms.map((vm) => vm.name).join(', ')}</p> : null}
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
