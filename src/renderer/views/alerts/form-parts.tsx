import { Button, Checkbox } from '@fluentui/react-components';
import type { ReactNode, SubmitEvent } from 'react';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../i18n/words.ts';
import type { Saving } from './use-alerts.ts';

interface SecretFieldProps {
  readonly label: string;
  readonly help?: string;
  readonly kept: boolean;
  readonly value: string;
  onChange(value: string): void;
}

/** A secret: it can be replaced, never seen. */
export const SecretField = ({ label, help = '', kept, value, onChange }: SecretFieldProps) => (
  <TextField
    label={label}
    help={`${help} ${t(kept ? 'alerts.secretKept' : 'alerts.secretNone')}`.trim()}
    type="password"
    value={value}
    onChange={onChange}
  />
);

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  onChange(checked: boolean): void;
}

export const Check = ({ label, checked, onChange }: CheckProps) => (
  <Checkbox label={label} checked={checked} onChange={(_event, data) => onChange(data.checked === true)} />
);

interface SettingsFormProps {
  readonly saving: Saving;
  /** Nothing is wrong with what was typed. */
  readonly ready: boolean;
  onSave(): Promise<void>;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** What the button saves, for those who hear the page. */
  readonly label: string;
}

/** Fields with a button that saves them. */
export const SettingsForm = ({ saving, ready, onSave, children, actions, label }: SettingsFormProps) => {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (ready && !saving.busy) void onSave();
  };
  return (
    <form className="form" aria-label={label} onSubmit={submit}>
      {children}
      {saving.problem === null ? null : (
        <p className="critical-text" role="alert">
          {saving.problem}
        </p>
      )}
      <div className="form-actions">
        <Button type="submit" disabled={!ready || saving.busy}>
          {t('alerts.save')}
        </Button>
        {actions}
      </div>
    </form>
  );
};

/** What was typed as a whole number of a range; null when it is none. */
export const wholeNumber = (text: string, least: number, most: number): number | null => {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
};

export const numberProblem = (text: string, least: number, most: number): string | null =>
  wholeNumber(text, least, most) === null ? t('alerts.problem.number', { least, most }) : null;
