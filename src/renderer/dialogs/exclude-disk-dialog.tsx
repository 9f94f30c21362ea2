import type { VmStatus } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface ExcludeDiskDialogProps {
  readonly status: VmStatus;
  readonly disk: { readonly id: string; readonly name: string };
}

/** Asks before a protected disk is replicated no more. */
export const ExcludeDiskDialog = ({ status, disk }: ExcludeDiskDialogProps) => {
  const { id: vm, name } = status;
  const exclude = async (): Promise<void> => {
    const { job } = await ask('protection.disks', { vm, exclude: [disk.id] });
    showNotice(t('notice.excludeDisk', { disk: disk.name, vm: name }), job?.id ?? null);
  };
  return (
    <ConfirmDialog
      title={t('disk.excludeTitle', { disk: disk.name, vm: name })}
      confirm={t('disk.exclude')}
      onConfirm={exclude}
    >
      <p className="critical-text">{t('disk.excludeIntro')}</p>
      <p>{t('disk.excludeKept')}</p>
    </ConfirmDialog>
  );
};
