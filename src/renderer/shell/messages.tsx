import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
} from '@fluentui/react-components';
import { Dismiss20Regular } from '@fluentui/react-icons';
import { useEffect } from 'react';
import type { NotificationReport } from '../../contract/alerts.ts';
import { ButtonLink } from '../components/button-link.tsx';
import { ErrorDetails } from '../components/error-details.tsx';
import { currentLanguage, t } from '../i18n/words.ts';
import { errorTitleSentence, nextStepOf, notificationWords } from '../said-by-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { dismissNotification, useUi } from '../stores/ui-store.ts';

/** What has begun need not stay on the page for ever; what was refused does. */
const noticeMs = 15_000;

const dismiss = (): void => useUi.setState({ problem: null, notice: null });

const Dismiss = () => (
  <Button
    appearance="transparent"
    icon={<Dismiss20Regular />}
    aria-label={t('common.dismiss')}
    onClick={dismiss}
  />
);

const notificationIntents = { critical: 'error', warning: 'warning', info: 'success' } as const;

/** An alert that came while the page was open stays until somebody has seen it. */
const NotificationBar = ({ notification }: { readonly notification: NotificationReport }) => {
  const { id, severity } = notification;
  const { title, text } = notificationWords(notification);
  return (
    <MessageBar intent={notificationIntents[severity]} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{title}.</MessageBarTitle> <span className="lines">{text}</span>
      </MessageBarBody>
      <MessageBarActions
        containerAction={
          <Button
            appearance="transparent"
            icon={<Dismiss20Regular />}
            aria-label={t('alerts.dismiss', { title })}
            onClick={() => dismissNotification(id)}
          />
        }
      >
        <ButtonLink size="small" to={{ view: 'alerts' }}>
          {t('alerts.showAll')}
        </ButtonLink>
      </MessageBarActions>
    </MessageBar>
  );
};

/** What concerns the page as a whole: a lost connection, a refused action, an action that has begun. */
export const Messages = () => {
  const connection = useSite((site) => site.connection);
  const engineIdle = useSite(({ engine }) => engine?.running === false);
  const { problem, notice, notifications } = useUi();
  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(() => useUi.setState({ notice: null }), noticeMs);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div className="messages" aria-live="polite">
      {connection === 'lost' ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{t('app.lost')}</MessageBarTitle> {t('app.lostHelp')}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {engineIdle ? (
        <MessageBar intent="info">
          <MessageBarBody>{t('app.engineIdle')}</MessageBarBody>
        </MessageBar>
      ) : null}
      {notifications.map((notification) => (
        <NotificationBar key={notification.id} notification={notification} />
      ))}
      {problem === null ? null : (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{errorTitleSentence(problem.code)}</MessageBarTitle>{' '}
            {currentLanguage() === 'en' ? problem.message : nextStepOf(problem)}
            <ErrorDetails error={problem} />
          </MessageBarBody>
          <MessageBarActions containerAction={<Dismiss />} />
        </MessageBar>
      )}
      {notice === null ? null : (
        <MessageBar intent="info">
          <MessageBarBody>{notice.text}</MessageBarBody>
          <MessageBarActions containerAction={<Dismiss />}>
            {notice.jobId === null ? null : (
              <ButtonLink size="small" to={{ view: 'jobs', job: notice.jobId }}>
                {t('common.showJob')}
              </ButtonLink>
            )}
          </MessageBarActions>
        </MessageBar>
      )}
    </div>
  );
};
