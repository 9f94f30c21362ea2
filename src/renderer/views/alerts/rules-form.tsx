import { useState } from 'react';
import type { AlertSettings } from '../../../contract/alert-settings.ts';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../i18n/words.ts';
import { Check, numberProblem, SettingsForm, wholeNumber } from './form-parts.tsx';
import { useSaving } from './use-alerts.ts';

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/;
const longestDigest = 3600;
const shortestQuiet = 10;
const longestQuiet = 10_080;

interface RulesFormProps {
  readonly settings: AlertSettings;
  saved(): Promise<void>;
}

/** How often people are told, and when not. */
export const RulesForm = ({ settings, saved }: RulesFormProps) => {
  const { quietHours } = settings;
  const [digest, setDigest] = useState(String(settings.digestSeconds));
  const [quiet, setQuiet] = useState(String(settings.quietTimeMinutes));
  const [repeat, setRepeat] = useState(settings.repeat);
  const [enabled, setEnabled] = useState(quietHours.enabled);
  const [from, setFrom] = useState(quietHours.hours.from);
  const [to, setTo] = useState(quietHours.hours.to);
  const [exceptCritical, setExceptCritical] = useState(quietHours.exceptCritical);
  const saving = useSaving(saved);
  const digestProblem = numberProblem(digest, 0, longestDigest);
  const quietProblem = numberProblem(quiet, shortestQuiet, longestQuiet);
  const timeProblem = (text: string) => (timeOfDay.test(text) ? null : t('alerts.problem.time'));
  const ready = digestProblem === null && quietProblem === null && timeOfDay.test(from) && timeOfDay.test(to);
  const save = () =>
    saving.save({
      alerts: {
        digestSeconds: wholeNumber(digest, 0, longestDigest) ?? settings.digestSeconds,
        quietTimeMinutes: wholeNumber(quiet, shortestQuiet, longestQuiet) ?? settings.quietTimeMinutes,
        repeat,
        quietHours: { enabled, exceptCritical, hours: { ...quietHours.hours, from, to } },
      },
    });
  return (
    <SettingsForm saving={saving} ready={ready} onSave={save} label={t('alerts.rules')}>
      <div className="field-columns">
        <TextField
          label={t('alerts.rules.digest')}
          help={t('alerts.rules.digestHelp')}
          value={digest}
          problem={digestProblem}
          onChange={setDigest}
        />
        <TextField
          label={t('alerts.rules.quietTime')}
          help={t('alerts.rules.quietTimeHelp')}
          value={quiet}
          problem={quietProblem}
          onChange={setQuiet}
        />
      </div>
      <Check label={t('alerts.rules.repeat')} checked={repeat} onChange={setRepeat} />
      <Check label={t('alerts.rules.quietHours')} checked={enabled} onChange={setEnabled} />
      {enabled ? (
        <>
          <div className="field-columns">
            <TextField
              label={t('alerts.rules.from')}
              type="time"
              value={from}
              problem={timeProblem(from)}
              onChange={setFrom}
            />
            <TextField
              label={t('alerts.rules.to')}
              type="time"
              value={to}
              problem={timeProblem(to)}
              onChange={setTo}
            />
          </div>
          <Check
            label={t('alerts.rules.exceptCritical')}
            checked={exceptCritical}
            onChange={setExceptCritical}
          />
        </>
      ) : null}
    </SettingsForm>
  );
};
