import { Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { copyFrequenciesSeconds } from '../../../contract/model.ts';
import { t } from '../../i18n/words.ts';
import { defaultFrequencySeconds, type Plan, retentionOf } from './plan-protection.ts';

interface PolicyStepProps {
  readonly plan: Plan;
  onChange(part: Partial<Plan>): void;
}

/** How often, and how far back. */
export const PolicyStep = ({ plan, onChange }: PolicyStepProps) => (
  <section className="form">
    <Field label={t('protect.frequency')} hint={t('protect.frequencyHelp')}>
      <RadioGroup
        value={String(plan.frequencySeconds)}
        onChange={(_event, { value }) =>
          onChange({
            frequencySeconds:
              copyFrequenciesSeconds.find((seconds) => String(seconds) === value) ?? defaultFrequencySeconds,
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
  </section>
);
