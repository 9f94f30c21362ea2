import { Field, Radio, RadioGroup, Select } from '@fluentui/react-components';
import { useEffect } from 'react';
import { ButtonLink } from '../../components/button-link.tsx';
import { HostForm } from '../../components/host-form.tsx';
import { Loading } from '../../components/loading.tsx';
import { isDesktop } from '../../connection/desktop.ts';
import { type Language, languageNames, t } from '../../i18n/words.ts';
import {
  type Density,
  densities,
  type LanguageChoice,
  type ThemeChoice,
  themeChoices,
} from '../../parse-preferences.ts';
import { setPreference, usePreferences } from '../../preferences.ts';
import { ask } from '../../stores/engine.ts';
import { refreshEngine } from '../../stores/follow-engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { showProblem } from '../../stores/ui-store.ts';
import { useNow } from '../../stores/use-now.ts';
import { BandwidthCard } from './bandwidth-card.tsx';
import { EngineFacts } from './engine-facts.tsx';
import { MonitoringCard } from './monitoring-card.tsx';
import { NewProtectionCard } from './new-protection-card.tsx';
import { ResyncWindowCard } from './resync-window.tsx';
import { Startup } from './startup.tsx';
import { SupportBundle } from './support-bundle.tsx';

const engineRefreshMs = 5000;

const Appearance = () => {
  const { theme, density, language } = usePreferences();
  return (
    <section className="card form">
      <div>
        <h2>{t('settings.appearance')}</h2>
        <p className="note">{t('settings.kept')}</p>
      </div>
      <Field label={t('settings.theme')}>
        <RadioGroup
          layout="horizontal"
          value={theme}
          onChange={(_event, { value }) => setPreference({ theme: value as ThemeChoice })}
        >
          {themeChoices.map((choice) => (
            <Radio key={choice} value={choice} label={t(`settings.theme.${choice}`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={t('settings.density')}>
        <RadioGroup
          layout="horizontal"
          value={density}
          onChange={(_event, { value }) => setPreference({ density: value as Density })}
        >
          {densities.map((choice) => (
            <Radio key={choice} value={choice} label={t(`settings.density.${choice}`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={t('settings.language')} hint={t('settings.language.help')}>
        <Select
          className="short-input"
          value={language}
          onChange={(_event, { value }) => setPreference({ language: value as LanguageChoice })}
        >
          <option value="system">{t('settings.language.system')}</option>
          {(Object.keys(languageNames) as Language[]).map((each) => (
            <option key={each} value={each} lang={each}>
              {languageNames[each]}
            </option>
          ))}
        </Select>
      </Field>
    </section>
  );
};

const Host = () => {
  const host = useSite((site) => site.host);
  const root = host === null || host === 'none' ? '' : host.root;
  return (
    <section className="card">
      <h2>{t('settings.host')}</h2>
      <p className="note">{t('settings.hostHelp')}</p>
      <HostForm
        key={root}
        label={t('first.folderPath')}
        action={t('settings.hostUse')}
        initialPath={root}
        choose={(path) => ask('host.use', { path })}
      />
      {host === null || host === 'none' ? null : (
        <p className="note after-form">{t('settings.hostNow', { count: host.vms })}</p>
      )}
    </section>
  );
};

/** How the page looks, which host it is about, and what is known of the engine. */
export const Settings = () => {
  const engine = useSite((site) => site.engine);
  const now = useNow(engineRefreshMs);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew with each tick
  useEffect(() => {
    if (useSite.getState().connection === 'connected') refreshEngine().catch(showProblem);
  }, [now]);
  return (
    <div className="narrow-page stack">
      <h1>{t('settings.title')}</h1>
      <Appearance />
      <Host />
      <NewProtectionCard />
      <BandwidthCard />
      <ResyncWindowCard />
      <MonitoringCard />
      <section className="card">
        <h2>{t('settings.alerts')}</h2>
        <p className="note">{t('settings.alerts.help')}</p>
        <ButtonLink to={{ view: 'alerts' }}>{t('settings.alerts.open')}</ButtonLink>
      </section>
      {isDesktop() ? <Startup /> : null}
      <section className="card">
        <h2>{t('settings.engine')}</h2>
        {engine === null ? <Loading /> : <EngineFacts engine={engine} nowMs={now} />}
        <SupportBundle />
      </section>
    </div>
  );
};
