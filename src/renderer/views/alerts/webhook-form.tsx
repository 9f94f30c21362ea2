import { useState } from 'react';
import { addressProblem } from '../../../contract/addresses.ts';
import type { WebhookSettings } from '../../../contract/alert-settings.ts';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { Check, SecretField, SettingsForm } from './form-parts.tsx';
import { useSaving } from './use-alerts.ts';

/** What is wrong with the address of a service. @param plain whether http will do */
export const serviceProblem = (url: string, needed: boolean, plain: boolean): string | null => {
  if (url.trim() === '') return needed ? t('alerts.problem.notAnAddress') : null;
  const problem = addressProblem(url.trim(), plain);
  return problem === null ? null : t(`alerts.problem.${problem}`);
};

interface WebhookFormProps {
  readonly settings: WebhookSettings;
  readonly hasKey: boolean;
  saved(): Promise<void>;
}

/** Where messages are posted, and the key that signs them. */
export const WebhookForm = ({ settings, hasKey, saved }: WebhookFormProps) => {
  const [enabled, setEnabled] = useState(settings.enabled);
  const [url, setUrl] = useState(settings.url);
  const [key, setKey] = useState('');
  const saving = useSaving(saved);
  const problem = serviceProblem(url, enabled, false);
  const save = async (): Promise<void> => {
    await saving.save({ alerts: { webhook: { enabled, url: url.trim() } } }, async () => {
      if (key !== '') await ask('alerts.secret', { channel: 'webhook', secret: key });
    });
    setKey('');
  };
  return (
    <SettingsForm saving={saving} ready={problem === null} onSave={save} label={t('alerts.channel.webhook')}>
      <Check label={t('alerts.enable.webhook')} checked={enabled} onChange={setEnabled} />
      <TextField
        label={t('alerts.webhook.url')}
        help={t('alerts.webhook.urlHelp')}
        value={url}
        problem={problem}
        onChange={setUrl}
      />
      <SecretField
        label={t('alerts.webhook.key')}
        help={t('alerts.webhook.keyHelp')}
        kept={hasKey}
        value={key}
        onChange={setKey}
      />
    </SettingsForm>
  );
};
