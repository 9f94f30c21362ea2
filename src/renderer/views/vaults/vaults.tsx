import { Button } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { VaultForm } from '../../components/vault-form.tsx';
import { t } from '../../i18n/words.ts';
import { refreshVaults } from '../../stores/follow-engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { showNotice, showProblem } from '../../stores/ui-store.ts';
import { useNow } from '../../stores/use-now.ts';
import { VaultCard } from './vault-card.tsx';

/** Where the replicas are. */
export const Vaults = () => {
  const vaults = useSite((site) => site.vaults);
  const now = useNow();
  const [mode, setMode] = useState<'add' | 'open' | null>(null);
  useEffect(() => {
    refreshVaults().catch(showProblem);
  }, []);
  if (vaults === null) return <Loading label={t('app.connecting')} />;
  const choices = (
    <div className="card-actions">
      <Button appearance={vaults.length === 0 ? 'primary' : 'secondary'} onClick={() => setMode('add')}>
        {t('vaults.add')}
      </Button>
      <Button onClick={() => setMode('open')}>{t('vaults.open')}</Button>
    </div>
  );
  return (
    <>
      <div className="page-head">
        <h1>{t('vaults.title')}</h1>
        {mode !== null || vaults.length === 0 ? null : choices}
      </div>
      {vaults.length === 0 && mode === null ? (
        <EmptyState title={t('vaults.empty')} help={t('vaults.emptyHelp')}>
          {choices}
        </EmptyState>
      ) : null}
      {mode === null ? null : (
        <section className="card vault-form" aria-label={t(`vaults.${mode}`)}>
          <h2>{t(`vaults.${mode}`)}</h2>
          {mode === 'open' ? <p className="quiet">{t('vaults.openHelp')}</p> : null}
          <VaultForm
            mode={mode}
            onAdded={(vault) => {
              setMode(null);
              showNotice(t(mode === 'add' ? 'notice.vaultAdded' : 'notice.vaultOpened', { vault }));
            }}
            onCancel={() => setMode(null)}
          />
        </section>
      )}
      <div className="stack">
        {vaults.map((vault) => (
          <VaultCard key={vault.vaultId} vault={vault} nowMs={now} />
        ))}
      </div>
    </>
  );
};
