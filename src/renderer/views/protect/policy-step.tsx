import { Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { copyFrequenciesSeconds } from '../../../contract/model.ts';
import { formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { useNow } from '../../stores/use-now.ts';
import { type Plan, retentionOf, startOf } from './plan-protection.ts';

interface PolicyStepProps {
  readonly plan: Plan;
  onChange(part: Partial<Plan>): void;
}

/** When nobody works at most sites. */
const usualStart = '22:00';

/** When the first copy begins: at once, or at the next such time of day. */
const StartFields = ({ plan, onChange }: PolicyStepProps) => {
  const now = useNow();
  const { startTime } = plan;
  const start = startTime === null ? null : startOf(startTime, now);
  return (
    <>
      <Field label={t('protect.startAt')} hint={t('protect.startAtHelp')}>
        <RadioGroup
          value={startTime === null ? 'now' : 'later'}
          onChange={(_event, { value }) => onChange({ startTime: value === 'now' ? null : usualStart })}
        >
          <Radio value="now" label={t('protect.startNow')} />
          <Radio value="later" label={t('protect.startLater')} />
        </RadioGroup>
      </Field>
      {startTime === null ? null : (
        <Field
          label={t('protect.startTime')}
          {...(start === null
            ? { validationState: 'error' as const, validationMessage: t('protect.startInvalid') }
            : { hint: t('protect.startMeans', { time: formatTime(start.toISOString(), now) }) })}
        >
          <Input
            className="short-input"
            type="time"
            value={startTime}
            onChange={(_event, { value }) => onChange({ startTime: value })}
          />
        </Field>
      )}
    </>
  );
};

/** How often, how far back, and from when. */
export const PolicyStep = ({ plan, onChange }: PolicyStepProps) => (
  <section className="form">
    <Field label={t('protect.frequency')} hint={t('protect.frequencyHelp')}>
      <RadioGroup
        value={String(plan.frequencySeconds)}
        onChange={(_event, { value }) =>
          onChange({
            frequencySeconds:
              copyFrequenciesSeconds.find((seconds) => String(seconds) === value) ?? plan.frequencySeconds,
          })
        }
      >
        {copyFrequenciesSeconds.map((seconds) => (
          <Radio key={seconds} value={String(seconds)} label={t(`frequency.${seconds}`)} />
        ))}
      </RadioGroup>
    </Field>
    <Field
      label={t('protect.retention')}
      hint={t('protect.retentionHelp')}
      {...(retentionOf(plan) === null
        ? { validationState: 'error' as const, validationMessage: t('protect.retentionInvalid') }
        : {})}
    >
      <Input
        className="short-input"
        inputMode="numeric"
        autoComplete="off"
        value={plan.retention}
        onChange={(_event, { value }) => onChange({ retention: value })}
      />
    </Field>
    <StartFields plan={plan} onChange={onChange} />
  </section>
);
