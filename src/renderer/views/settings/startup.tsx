import { Switch } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { StartupReport } from '../../../contract/desktop.ts';
import { askDesktop } from '../../connection/desktop.ts';
import { t } from '../../i18n/words.ts';
import { showProblem } from '../../stores/ui-store.ts';

/** Whether the console starts when the user signs in: the system keeps that, the desktop asks it. */
export const Startup = () => {
  const [report, setReport] = useState<StartupReport | null>(null);
  useEffect(() => {
    askDesktop('startup.show', {}).then(setReport, showProblem);
  }, []);
  const change = (enabled: boolean): void => {
    askDesktop('startup.change', { enabled }).then(setReport, showProblem);
  };
  return (
    <section className="card">
      <h2>{t('settings.startup')}</h2>
      <p className="note">{t('settings.startup.help')}</p>
      <Switch
        label={t('settings.startup.atSignIn')}
        checked={report?.enabled === true}
        disabled={report?.supported !== true}
        onChange={(_event, { checked }) => change(checked)}
      />
      {report?.supported === false ? <p className="note">{t('settings.startup.unsupported')}</p> : null}
    </section>
  );
};
