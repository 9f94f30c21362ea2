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
  const [adding, setAdding] = useState(false);
  useEffect(() => {
    refreshVaults().catch(showProblem);
  }, []);
  if (vaults === null) return <Loading label={t('app.connecting')} />;
  return (
    <>
      <div className="page-head">
        <h1>{t('vaults.title')}</h1>
        {adding || vaults.length === 0 ? null : (
          <Button onClick={() => setAdding(true)}>{t('vaults.add')}</Button>
        )}
      </div>
      {vaults.length === 0 && !adding ? (
        <EmptyState title={t('vaults.empty')} help={t('vaults.emptyHelp')}>
          <Button appearance="primary" onClick={() => setAdding(true)}>
            {t('vaults.add')}
          </Button>
        </EmptyState>
      ) : null}
      {adding ? (
        <section className="card" aria-label={t('vaults.add')}>
          <h2>{t('vaults.add')}</h2>
          <VaultForm
            onAdded={(vault) => {
              setAdding(false);
              showNotice(t('notice.vaultAdded', { vault }));
            }}
            onCancel={() => setAdding(false)}
          />
        </section>
      ) : null}
      <div className="stack">
        {vaults.map((vault) => (
          <VaultCard key={vault.name} vault={vault} nowMs={now} />
        ))}
      </div>
    </>
  );
};
