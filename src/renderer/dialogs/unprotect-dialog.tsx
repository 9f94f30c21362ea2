import { Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { VmStatus } from '../../contract/reports.ts';
import type { PointsReport } from '../../contract/vault-reports.ts';
import { formatBytes, formatTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** What deleting the replica would lose, in figures; without them while the vault cannot say. */
const useLoss = (status: VmStatus): string => {
  const [report, setReport] = useState<PointsReport | null>(null);
  useEffect(() => {
    // While the vault is away nothing is known of its points: the sentence then goes without their number.
    ask('points', { vm: status.id }).then(setReport, () => setReport(null));
  }, [status.id]);
  const disks = status.disks.filter(({ excluded }) => !excluded);
  const size = formatBytes(disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const words = t('unprotect.disks', { count: disks.length, size });
  const newest = report?.points.at(-1);
  return newest === undefined
    ? t('unprotect.willLoseAll', { disks: words })
    : t('unprotect.willLose', {
        count: report?.points.length ?? 0,
        disks: words,
        time: formatTime(newest.takenAt, Date.now()),
      });
};

/** Asks what shall become of the replica; its deletion wants the VM's name typed. */
export const UnprotectDialog = ({ status }: { readonly status: VmStatus }) => {
  const [deleteReplica, setDeleteReplica] = useState(false);
  const [typed, setTyped] = useState('');
  const loss = useLoss(status);
  const { name, id, vault } = status;
  const unprotect = async (): Promise<void> => {
    const job = await ask('unprotect', { vm: id, deleteReplica });
    showNotice(t('notice.unprotect', { vm: name }), job.id);
  };
  return (
    <ConfirmDialog
      title={t('unprotect.title', { vm: name })}
      confirm={deleteReplica ? t('unprotect.confirmDelete') : t('unprotect.confirm')}
      ready={!deleteReplica || typed === name}
      onConfirm={unprotect}
    >
      <p>{t('unprotect.intro')}</p>
      <RadioGroup
        aria-label={t('disk.replica')}
        value={deleteReplica ? 'delete' : 'keep'}
        onChange={(_event, { value }) => setDeleteReplica(value === 'delete')}
      >
        <Radio value="keep" label={t('unprotect.keep', { vault: vault ?? '' })} />
        <Radio value="delete" label={t('unprotect.delete')} />
      </RadioGroup>
      {deleteReplica ? (
        <>
          <p className="critical-text">{loss}</p>
          <Field label={t('unprotect.typeName', { vm: name })}>
            <Input value={typed} autoComplete="off" onChange={(_event, data) => setTyped(data.value)} />
          </Field>
        </>
      ) : (
        <p className="note">{t('unprotect.keepHelp')}</p>
      )}
    </ConfirmDialog>
  );
};
