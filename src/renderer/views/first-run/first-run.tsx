import { HostForm } from '../../components/host-form.tsx';
import { joinPath } from '../../components/path-field.tsx';
import { Steps } from '../../components/steps.tsx';
import { VaultForm } from '../../components/vault-form.tsx';
import { t } from '../../i18n/words.ts';
import { goTo } from '../../router.ts';
import { ask } from '../../stores/engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { useFirstRun } from './needs-first-run.ts';

const ChooseHost = () => {
  const dataDirectory = useSite(({ engine }) => engine?.dataDirectory);
  return (
    <div className="choices">
      <section className="card">
        <h2>{t('first.folder')}</h2>
        <p className="quiet">{t('first.folderHelp')}</p>
        <HostForm
          label={t('first.folderPath')}
          action={t('first.useFolder')}
          appearance="primary"
          initialPath=""
          choose={(path) => ask('host.use', { path })}
        />
      </section>
      <section className="card">
        <h2>{t('first.sample')}</h2>
        <p className="quiet">{t('first.sampleHelp')}</p>
        <HostForm
          label={t('first.samplePath')}
          action={t('first.makeSample')}
          busyAction={t('first.makingSample')}
          initialPath={dataDirectory === undefined ? '' : joinPath(dataDirectory, 'sample-site')}
          choose={(path) => ask('host.sample', { path })}
        />
      </section>
    </div>
  );
};

const ChooseVault = () => (
  <section className="card">
    <h2>{t('first.vaultTitle')}</h2>
    <p className="quiet">{t('first.vaultHelp')}</p>
    <VaultForm
      onAdded={() => goTo({ view: 'protect', vms: [] })}
      cancelLabel={t('first.later')}
      onCancel={() => useFirstRun.setState({ skipped: true })}
    />
  </section>
);

/** From nothing to a replica: the host, the vault, then the wizard that protects. */
export const FirstRun = () => {
  const host = useSite((site) => site.host);
  const chosen = host !== null && host !== 'none' && host.vms > 0 ? host : null;
  return (
    <div className="narrow-page">
      <h1>{t('first.title')}</h1>
      <p className="quiet">{t('first.intro')}</p>
      <Steps
        label={t('first.steps')}
        titles={[t('first.step.host'), t('first.step.vault'), t('first.step.protect')]}
        current={chosen === null ? 0 : 1}
      />
      {chosen === null ? (
        <ChooseHost />
      ) : (
        <>
          <p>{t('first.hostChosen', { count: chosen.vms, path: chosen.root })}</p>
          <ChooseVault />
        </>
      )}
    </div>
  );
};
