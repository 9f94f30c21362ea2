import type { AlertChannel } from '../../../contract/alerts.ts';
import { Loading } from '../../components/loading.tsx';
import { t } from '../../i18n/words.ts';
import { ActiveAlerts } from './active-alerts.tsx';
import { ChannelCard } from './channel-card.tsx';
import { DesktopForm } from './desktop-form.tsx';
import { EmailForm } from './email-form.tsx';
import { ProgramsForm } from './programs-form.tsx';
import { RulesForm } from './rules-form.tsx';
import { useAlerts } from './use-alerts.ts';
import { WebhookForm } from './webhook-form.tsx';

/** What holds now, and how people and programs are told. */
export const Alerts = () => {
  const view = useAlerts();
  if (view === null) return <Loading label={t('app.connecting')} />;
  const { report, settings, nowMs, refresh } = view;
  const { email, webhook, desktop } = settings.alerts;
  const cardOf = (channel: AlertChannel) => {
    const found = report.channels.find((each) => each.channel === channel);
    return found === undefined ? null : { report: found, nowMs, tested: refresh };
  };
  const [desktopCard, emailCard, webhookCard] = [cardOf('desktop'), cardOf('email'), cardOf('webhook')];
  return (
    <>
      <div className="page-head">
        <h1>{t('alerts.title')}</h1>
      </div>
      <ActiveAlerts alerts={report.active} nowMs={nowMs} />
      <div className="alert-cards">
        <div className="stack">
          {emailCard === null ? null : (
            <ChannelCard {...emailCard} testable={email.host !== '' && email.to.length > 0}>
              <EmailForm settings={email} hasPassword={emailCard.report.hasSecret === true} saved={refresh} />
            </ChannelCard>
          )}
          {webhookCard === null ? null : (
            <ChannelCard {...webhookCard} testable={webhook.url !== ''}>
              <WebhookForm
                settings={webhook}
                hasKey={webhookCard.report.hasSecret === true}
                saved={refresh}
              />
            </ChannelCard>
          )}
        </div>
        <div className="stack">
          {desktopCard === null ? null : (
            <ChannelCard {...desktopCard} testable>
              <DesktopForm settings={desktop} saved={refresh} />
            </ChannelCard>
          )}
          <section className="card">
            <h2>{t('alerts.rules')}</h2>
            <RulesForm settings={settings.alerts} saved={refresh} />
          </section>
          <section className="card">
            <h2>{t('alerts.programs')}</h2>
            <ProgramsForm settings={settings} report={report} nowMs={nowMs} saved={refresh} />
          </section>
        </div>
      </div>
    </>
  );
};
