import { useState } from 'react';
import type { VaultReport } from '../../contract/vault-reports.ts';
import { TextField } from '../components/text-field.tsx';
import { vaultNameProblem } from '../components/vault-name.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { refreshVaults } from '../stores/follow-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { showNotice, showProblem } from '../stores/ui-store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** Calls a vault by another name; what is in it, and where it is, stays. */
export const RenameVaultDialog = ({ vault: { name } }: { readonly vault: VaultReport }) => {
  const others = (useSite((site) => site.vaults) ?? []).map((vault) => vault.name);
  const [typed, setTyped] = useState(name);
  const newName = typed.trim();
  const problem = vaultNameProblem(
    newName,
    others.filter((other) => other !== name),
  );
  const rename = async (): Promise<void> => {
    await ask('vault.rename', { name, newName });
    showNotice(t('notice.vaultRenamed', { vault: name, name: newName }));
    // Without waiting: the dialog closes while its vault is still there.
    refreshVaults().catch(showProblem);
  };
  return (
    <ConfirmDialog
      title={t('renameVault.title', { vault: name })}
      confirm={t('renameVault.confirm')}
      ready={newName !== '' && newName !== name && problem === null}
      onConfirm={rename}
    >
      <TextField
        label={t('renameVault.name')}
        help={t('renameVault.help')}
        value={typed}
        problem={problem}
        onChange={setTyped}
      />
    </ConfirmDialog>
  );
};
