import { Field, Select } from '@fluentui/react-components';
import { useState } from 'react';
import { isHostName, isLoopbackHost, isMailAddress } from '../../../contract/addresses.ts';
import type { EmailSettings, MailSecurity } from '../../../contract/alert-settings.ts';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { Check, numberProblem, SecretField, SettingsForm, wholeNumber } from './form-parts.tsx';
import { useSaving } from './use-alerts.ts';

const usualPorts: Readonly<Record<MailSecurity, string>> = { tls: '465', starttls: '587', none: '25' };
const securities = Object.keys(usualPorts) as readonly MailSecurity[];
const highestPort = 65_535;

const addressesOf = (text: string): readonly string[] =>
  text
    .split(/[,;\s]+/)
    .map((address) => address.trim())
    .filter((address) => address !== '');

interface EmailFormProps {
  readonly settings: EmailSettings;
  readonly hasPassword: boolean;
  saved(): Promise<void>;
}

/** The mail server and who is written to. The password is kept apart and never comes back. */
export const EmailForm = ({ settings, hasPassword, saved }: EmailFormProps) => {
  const [enabled, setEnabled] = useState(settings.enabled);
  const [host, setHost] = useState(settings.host);
  const [port, setPort] = useState(String(settings.port));
  const [security, setSecurity] = useState(settings.security);
  const [user, setUser] = useState(settings.user);
  const [password, setPassword] = useState('');
  const [from, setFrom] = useState(settings.from);
  const [to, setTo] = useState(settings.to.join(', '));
  const saving = useSaving(saved);
  const recipients = addressesOf(to);
  const isMissing = (text: string) => enabled && text.trim() === '';
  const hostProblem =
    isMissing(host) || (host !== '' && !isHostName(host.trim())) ? t('alerts.problem.host') : null;
  const portProblem = numberProblem(port, 1, highestPort);
  const securityProblem =
    security === 'none' && host !== '' && !isLoopbackHost(host.trim()) ? t('alerts.problem.localOnly') : null;
  const fromProblem =
    isMissing(from) || (from !== '' && !isMailAddress(from.trim())) ? t('alerts.problem.address') : null;
  const toProblem = isMissing(to) || !recipients.every(isMailAddress) ? t('alerts.problem.recipients') : null;
  const ready = [hostProblem, portProblem, securityProblem, fromProblem, toProblem].every(
    (problem) => problem === null,
  );
  const chooseSecurity = (value: string): void => {
    const chosen = securities.find((known) => known === value) ?? 'tls';
    // A port that somebody typed stays.
    if (Object.values(usualPorts).includes(port)) setPort(usualPorts[chosen]);
    setSecurity(chosen);
  };
  const save = async (): Promise<void> => {
    const email = {
      enabled,
      host: host.trim(),
      port: wholeNumber(port, 1, highestPort) ?? settings.port,
      security,
      user: user.trim(),
      from: from.trim(),
      to: [...recipients],
    };
    await saving.save({ alerts: { email } }, async () => {
      if (password !== '') await ask('alerts.secret', { channel: 'email', secret: password });
    });
    setPassword('');
  };
  return (
    <SettingsForm saving={saving} ready={ready} onSave={save} label={t('alerts.channel.email')}>
      <Check label={t('alerts.enable.email')} checked={enabled} onChange={setEnabled} />
      <div className="field-columns">
        <TextField label={t('alerts.email.host')} value={host} problem={hostProblem} onChange={setHost} />
        <TextField label={t('alerts.email.port')} value={port} problem={portProblem} onChange={setPort} />
        <Field
          label={t('alerts.email.security')}
          {...(securityProblem === null
            ? {}
            : { validationState: 'error', validationMessage: securityProblem })}
        >
          <Select value={security} onChange={(_event, data) => chooseSecurity(data.value)}>
            {securities.map((each) => (
              <option key={each} value={each}>
                {t(`alerts.email.security.${each}`)}
              </option>
            ))}
          </Select>
        </Field>
        <TextField
          label={t('alerts.email.user')}
          help={t('alerts.email.userHelp')}
          value={user}
          onChange={setUser}
        />
        <SecretField
          label={t('alerts.email.password')}
          kept={hasPassword}
          value={password}
          onChange={setPassword}
        />
        <TextField label={t('alerts.email.from')} value={from} problem={fromProblem} onChange={setFrom} />
      </div>
      <TextField
        label={t('alerts.email.to')}
        help={t('alerts.email.toHelp')}
        value={to}
        problem={toProblem}
        onChange={setTo}
      />
    </SettingsForm>
  );
};
