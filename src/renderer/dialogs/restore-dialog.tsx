import { Field, Select } from '@fluentui/react-components';
import { useState } from 'react';
import type { DiskFormat } from '../../contract/model.ts';
import type { VmStatus } from '../../contract/reports.ts';
import type { PointReport } from '../../contract/vault-reports.ts';
import { PathField, pathProblem } from '../components/path-field.tsx';
import { formatBytes, formatTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showNotice } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

const formats = ['asIs', 'vhdx', 'vhd', 'raw'] as const satisfies readonly (DiskFormat | 'asIs')[];

interface RestoreDialogProps {
  readonly status: VmStatus;
  readonly point: PointReport;
}

/** Asks where a recovery point shall be written to. */
export const RestoreDialog = ({ status, point }: RestoreDialogProps) => {
  const [directory, setDirectory] = useState('');
  const [format, setFormat] = useState<(typeof formats)[number]>('asIs');
  const disks = status.disks.filter(({ excluded }) => !excluded);
  const size = formatBytes(disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const restore = async (): Promise<void> => {
    const path = directory.trim();
    const job = await ask('restore', {
      vm: status.id,
      point: point.id,
      toDirectory: path,
      ...(format === 'asIs' ? {} : { format }),
    });
    showNotice(t('notice.restore', { vm: status.name, path }), job.id);
  };
  return (
    <ConfirmDialog
      title={t('restore.title', { vm: status.name })}
      confirm={t('restore.start')}
      ready={pathProblem(directory) === null}
      onConfirm={restore}
    >
      <p>{t('restore.intro', { time: formatTime(point.takenAt, Date.now()) })}</p>
      {point.consistency === 'crash' ? (
        <p className="note">
          {t('restore.consistencyNote', { consistency: t('consistency.crash').toLocaleLowerCase() })}
        </p>
      ) : null}
      <PathField
        label={t('restore.directory')}
        help={t('restore.directoryHelp', { size })}
        value={directory}
        onChange={setDirectory}
      />
      <Field label={t('restore.format')}>
        <Select
          value={format}
          onChange={(_event, { value }) => setFormat(formats.find((known) => known === value) ?? 'asIs')}
        >
          {formats.map((choice) => (
            <option key={choice} value={choice}>
              {t(`restore.format.${choice}`)}
            </option>
          ))}
        </Select>
      </Field>
    </ConfirmDialog>
  );
};
