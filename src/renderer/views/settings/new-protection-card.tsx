import { Field, Radio, RadioGroup } from '@fluentui/react-components';
import { useState } from 'react';
import { copyFrequenciesSeconds } from '../../../contract/model.ts';
import { t } from '../../i18n/words.ts';
import { NumberField, readWhole } from './number-field.tsx';
import { SectionCard } from './section-card.tsx';
import { useSection } from './use-section.ts';

const mostPoints = 1000;

/** What the wizard proposes for VMs that are protected from now on. */
export const NewProtectionCard = () => {
  const { shown, changed, edit, discard, save } = useSection('newProtection');
  const [ready, setReady] = useState(true);
  return (
    <SectionCard
      title={t('settings.policy')}
      help={t('settings.policy.help')}
      loading={shown === null}
      changed={changed}
      ready={ready}
      onSave={save}
      onDiscard={discard}
    >
      {shown === null ? null : (
        <>
          <Field label={t('protect.frequency')}>
            <RadioGroup
              layout="horizontal"
              value={String(shown.frequencySeconds)}
              onChange={(_event, { value }) =>
                edit({
                  frequencySeconds:
                    copyFrequenciesSeconds.find((seconds) => String(seconds) === value) ??
                    shown.frequencySeconds,
                })
              }
            >
              {copyFrequenciesSeconds.map((seconds) => (
                <Radio key={seconds} value={String(seconds)} label={t(`frequency.${seconds}`)} />
              ))}
            </RadioGroup>
          </Field>
          <NumberField
            label={t('protect.retention')}
            help={t('protect.retentionHelp')}
            value={shown.retentionPoints}
            read={readWhole(1, mostPoints)}
            print={String}
            problem={t('protect.retentionInvalid')}
            onChange={(points) => (points === null ? undefined : edit({ retentionPoints: points }))}
            onReady={setReady}
          />
        </>
      )}
    </SectionCard>
  );
};
