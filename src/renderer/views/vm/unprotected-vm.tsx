import { ButtonLink } from '../../components/button-link.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { formatBytes } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { useSite } from '../../stores/site-store.ts';

/** A VM of the host without protection: its disks, and the way to protect it. */
export const UnprotectedVm = ({ id }: { readonly id: string }) => {
  const summary = useSite(({ summaries }) => summaries.find((vm) => vm.id === id));
  return (
    <>
      <EmptyState title={t('vm.unprotected')} help={t('vm.unprotectedHelp')}>
        <ButtonLink to={{ view: 'protect', vms: [id] }} appearance="primary">
          {t('action.protect')}
        </ButtonLink>
      </EmptyState>
      {summary?.disks.map((disk) => (
        <section key={disk.id} className="card">
          <h2>{disk.name}</h2>
          <p className="note">
            {t('disk.size', { size: formatBytes(disk.sizeBytes), format: disk.format.toUpperCase() })}
            {disk.isOperatingSystem ? ` · ${t('disk.os')}` : ''}
          </p>
          <p className="note path">{disk.path}</p>
        </section>
      ))}
    </>
  );
};
