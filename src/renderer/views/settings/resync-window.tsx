import { Field, Radio, RadioGroup, Switch } from '@fluentui/react-components';
import { WeekHoursField, weekHoursProblem } from '../../components/week-hours-field.tsx';
import { t } from '../../i18n/words.ts';
import { refreshStatus } from '../../stores/follow-engine.ts';
import { showProblem } from '../../stores/ui-store.ts';
import { SectionCard } from './section-card.tsx';
import { useSection } from './use-section.ts';

const ends = ['pause', 'finish'] as const;

/** When marked VMs are resynchronized by themselves. */
export const ResyncWindowCard = () => {
  const { shown, changed, edit, discard, save } = useSection('resyncWindow');
  const keep = async (): Promise<void> => {
    await save();
    // The overview tells when it opens next.
    await refreshStatus().catch(showProblem);
  };
  return (
    <SectionCard
      title={t('settings.resync')}
      help={t('settings.resync.help')}
      loading={shown === null}
      changed={changed}
      ready={shown === null || weekHoursProblem(shown.hours) === null}
      onSave={keep}
      onDiscard={discard}
    >
      {shown === null ? null : (
        <>
          <Switch
            label={t('settings.resync.enabled')}
            checked={shown.enabled}
            onChange={(_event, { checked }) => edit({ enabled: checked })}
          />
          <WeekHoursField
            label={t('settings.resync.hours')}
            help={t('settings.resync.hoursHelp')}
            value={shown.hours}
            disabled={!shown.enabled}
            onChange={(hours) => edit({ hours: { ...hours, days: [...hours.days] } })}
          />
          <Field label={t('settings.resync.atEnd')}>
            <RadioGroup
              value={shown.atEnd}
              disabled={!shown.enabled}
              onChange={(_event, { value }) =>
                edit({ atEnd: ends.find((known) => known === value) ?? 'pause' })
              }
            >
              {ends.map((choice) => (
                <Radio key={choice} value={choice} label={t(`settings.resync.atEnd.${choice}`)} />
              ))}
            </RadioGroup>
          </Field>
        </>
      )}
    </SectionCard>
  );
};
