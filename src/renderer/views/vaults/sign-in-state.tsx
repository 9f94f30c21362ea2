import { Button } from '@fluentui/react-components';
import { Warning16Filled } from '@fluentui/react-icons';
import type { VaultReport } from '../../../contract/vault-reports.ts';
import { Moment } from '../../components/moment.tsx';
import { formatDuration } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { engineSays } from '../../said-by-engine.ts';
import { openDialog } from '../../stores/ui-store.ts';

interface SignInStateProps {
  readonly vault: VaultReport;
  readonly nowMs: number;
}

/** How a storage account is signed in to, until when, and a button where somebody has to renew it. */
export const SignInState = ({ vault: { name, signIn, error }, nowMs }: SignInStateProps) => {
  const needsRenewal = signIn === null || signIn.warning !== null || error?.code === 'VAULT_ACCESS_DENIED';
  const leftSeconds =
    signIn === null || signIn.expiresAt === null ? null : (Date.parse(signIn.expiresAt) - nowMs) / 1000;
  return (
    <div className="sign-in-state">
      {signIn === null ? (
        <p>{t('vaults.signedOut')}</p>
      ) : (
        <p className="path">
          {t('vaults.signedIn', { way: t(`signIn.way.${signIn.kind}`), account: signIn.account })}
          {signIn.permissions === null ? null : (
            <span className="note">
              {' '}
              {t('vaults.allows', { rights: signIn.permissions.map(engineSays).join(', ') })}
            </span>
          )}
        </p>
      )}
      {signIn === null || signIn.expiresAt === null || leftSeconds === null ? null : (
        <p className={signIn.warning === null ? 'note' : 'warning-text'}>
          {signIn.warning === null ? null : <Warning16Filled aria-hidden="true" />}{' '}
          {leftSeconds > 0
            ? t('vaults.signInEnds', { duration: formatDuration(leftSeconds) })
            : t('vaults.signInEnded')}{' '}
          <Moment iso={signIn.expiresAt} nowMs={nowMs} />
        </p>
      )}
      {signIn?.warning === null || signIn?.warning === undefined || signIn.expiresAt !== null ? null : (
        <p className="warning-text">{engineSays(signIn.warning)}</p>
      )}
      {needsRenewal ? (
        <Button
          aria-label={t('vaults.signInOf', { vault: name })}
          onClick={() => openDialog({ kind: 'signInVault', vault: name })}
        >
          {t('vaults.signIn')}
        </Button>
      ) : null}
    </div>
  );
};
