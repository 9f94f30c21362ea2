import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import type { AlertSettings } from '../../../contract/alert-settings.ts';
import { t } from '../../i18n/words.ts';
import { canAskBrowser, letBrowserShow } from '../../stores/browser-notifications.ts';
import { Check, SettingsForm } from './form-parts.tsx';
import { useSaving } from './use-alerts.ts';

interface DesktopFormProps {
  readonly settings: AlertSettings['desktop'];
  saved(): Promise<void>;
}

/** Whether open consoles show alerts, and this browser beyond its page. */
export const DesktopForm = ({ settings, saved }: DesktopFormProps) => {
  const [enabled, setEnabled] = useState(settings.enabled);
  const [canAsk, setCanAsk] = useState(canAskBrowser);
  const saving = useSaving(saved);
  const ask = async (): Promise<void> => {
    await letBrowserShow();
    setCanAsk(canAskBrowser());
  };
  return (
    <SettingsForm
      saving={saving}
      ready
      onSave={() => saving.save({ alerts: { desktop: { enabled } } })}
      label={t('alerts.channel.desktop')}
      actions={canAsk ? <Button onClick={() => void ask()}>{t('alerts.askBrowser')}</Button> : null}
    >
      <p className="note">{t('alerts.desktopHelp')}</p>
      <Check label={t('alerts.enable.desktop')} checked={enabled} onChange={setEnabled} />
    </SettingsForm>
  );
};
