import { useEffect, useState } from 'react';
import { type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';
import type { VmStatus } from '../../contract/reports.ts';
import { CheckList } from '../components/check-list.tsx';
import { ErrorDetails } from '../components/error-details.tsx';
import { Loading } from '../components/loading.tsx';
import { t } from '../i18n/words.ts';
import { headlineOf } from '../said-by-engine.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface IncludeDiskDialogProps {
  readonly status: VmStatus;
  readonly disk: { readonly id: string; readonly name: string };
}

interface Checked {
  readonly checks: readonly PrerequisiteCheck[];
  readonly error: ErrorReport | null;
}

/** Checks what must hold before a disk is added to a protection, then asks. */
export const IncludeDiskDialog = ({ status, disk }: IncludeDiskDialogProps) => {
  const { id: vm, name } = status;
  const [checked, setChecked] = useState<Checked | null>(null);
  useEffect(() => {
    let current = true;
    const show = (found: Checked) => current && setChecked(found);
    ask('protection.disks', { vm, include: [disk.id], checkOnly: true }).then(
      ({ checks }) => show({ checks, error: null }),
      (error: unknown) => show({ checks: [], error: ReplicationError.from(error).toReport() }),
    );
    return () => {
      current = false;
    };
  }, [vm, disk.id]);
  const passed =
    checked !== null && checked.error === null && checked.checks.every(({ outcome }) => outcome !== 'fail');
  const include = async (): Promise<void> => {
    const { job } = await ask('protection.disks', { vm, include: [disk.id] });
    showNotice(t('notice.includeDisk', { disk: disk.name, vm: name }), job?.id ?? null);
  };
  return (
    <ConfirmDialog
      title={t('disk.includeTitle', { disk: disk.name, vm: name })}
      confirm={t('disk.include')}
      ready={passed}
      onConfirm={include}
    >
      <p>{t('disk.includeIntro')}</p>
      {checked === null ? <Loading label={t('disk.checking')} /> : <CheckList checks={checked.checks} />}
      {checked?.error == null ? null : (
        <div className="critical-text" role="alert">
          {headlineOf(checked.error)}
          <ErrorDetails error={checked.error} />
        </div>
      )}
    </ConfirmDialog>
  );
};
