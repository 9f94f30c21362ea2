import { useState } from 'react';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultCheckReport, VaultReport } from '../../contract/vault-reports.ts';
import { CheckResult } from '../components/check-result.tsx';
import { DeviceCodePrompt } from '../components/device-code-prompt.tsx';
import { completeSignIn, emptySignIn, type SignInDraft } from '../components/sign-in-draft.ts';
import { SignInFields } from '../components/sign-in-fields.tsx';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { refreshVaults } from '../stores/follow-engine.ts';
import { forgetDeviceCode, showNotice } from '../stores/ui-store.ts';
import { useNow } from '../stores/use-now.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** As the vault was signed in to before, without its secrets. */
const draftOf = ({ signIn }: VaultReport): SignInDraft =>
  signIn === null ? emptySignIn : { ...emptySignIn, way: signIn.kind, account: signIn.account };

/** Takes a new sign-in for a storage account; it replaces the former one only when it opens the vault. */
export const SignInVaultDialog = ({ vault }: { readonly vault: VaultReport }) => {
  const { name } = vault;
  const nowMs = useNow();
  const [draft, setDraft] = useState(() => draftOf(vault));
  const [lacking, setLacking] = useState<VaultCheckReport | null>(null);
  const signIn = completeSignIn(draft, nowMs);
  const renew = async (): Promise<void> => {
    if (signIn === null) return;
    setLacking(null);
    forgetDeviceCode(name);
    try {
      await ask('vault.signIn', { name, signIn });
      const report = await ask('vault.check', { name });
      await refreshVaults();
      if (!report.passed) {
        setLacking(report);
        throw new ReplicationError('VAULT_ACCESS_DENIED', t('signInVault.lacking'));
      }
      showNotice(t('notice.vaultSignedIn', { vault: name }));
    } finally {
      forgetDeviceCode(name);
    }
  };
  return (
    <ConfirmDialog
      title={t('signInVault.title', { vault: name })}
      confirm={t('signInVault.confirm')}
      ready={signIn !== null}
      onConfirm={renew}
    >
      <p>{t('signInVault.help')}</p>
      <SignInFields draft={draft} nowMs={nowMs} refusal={null} onChange={setDraft} />
      <DeviceCodePrompt vault={name} />
      {lacking === null ? null : <CheckResult report={lacking} />}
    </ConfirmDialog>
  );
};
