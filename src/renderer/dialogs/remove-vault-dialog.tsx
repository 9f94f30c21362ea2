import type { VaultReport } from '../../contract/vault-reports.ts';
import { t } from '../i18n/words.ts';
import { keepFocus } from '../shell/focus-content.ts';
import { ask } from '../stores/engine.ts';
import { refreshVaults } from '../stores/follow-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { showNotice, showProblem } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** Forgets a vault: says what stays there, and why it cannot be while VMs are replicated into it. */
export const RemoveVaultDialog = ({ vault }: { readonly vault: VaultReport }) => {
  const { name, target, vms, kind } = vault;
  const statuses = useSite((site) => site.statuses);
  const users = [...statuses.values()].filter(({ status }) => status.vault === name);
  const points = vms.reduce((sum, vm) => sum + vm.points, 0);
  const remove = async (): Promise<void> => {
    await ask('vault.remove', { name });
    showNotice(t('notice.vaultRemoved', { vault: name, target }));
    // The dialog was opened from what goes with the vault.
    refreshVaults().then(keepFocus, showProblem);
  };
  return (
    <ConfirmDialog
      title={t('removeVault.title', { vault: name })}
      confirm={t('removeVault.confirm')}
      ready={users.length === 0}
      onConfirm={remove}
    >
      {users.length > 0 ? (
        <p className="critical-text">
          {t('removeVault.inUse', { vms: users.map(({ status }) => status.name).join(', ') })}
        </p>
      ) : null}
      <p>{t('removeVault.stays', { target })}</p>
      {points > 0 ? (
        <p>{t('removeVault.holds', { vms: vms.map((vm) => vm.name).join(', '), count: points })}</p>
      ) : null}
      {kind === 'azure' ? <p className="note">{t('removeVault.signIn')}</p> : null}
    </ConfirmDialog>
  );
};
