import { useState } from 'react';
import { t } from '../../i18n/words.ts';
import { NumberField, readWhole } from './number-field.tsx';
import { SectionCard } from './section-card.tsx';
import { useSection } from './use-section.ts';

const longestIntervalHours = 168;
const lastHour = 23;
const longestRpoMinutes = 10_080;

/** A limit in minutes; nothing is the usual one. */
const readRpo = (text: string): number | null | undefined =>
  text.trim() === '' ? null : readWhole(1, longestRpoMinutes)(text);

/** What health and statistics are judged by. */
export const MonitoringCard = () => {
  const { shown, changed, edit, discard, save } = useSection('monitoring');
  const [unready, setUnready] = useState<ReadonlySet<string>>(new Set());
  const ready = (field: string) => (fits: boolean) =>
    setUnready((before) => new Set(fits ? [...before].filter((each) => each !== field) : [...before, field]));
  return (
    <SectionCard
      title={t('settings.monitoring')}
      help={t('settings.monitoring.help')}
      loading={shown === null}
      changed={changed}
      ready={unready.size === 0}
      onSave={save}
      onDiscard={discard}
    >
      {shown === null ? null : (
        <div className="field-columns">
          <NumberField
            label={t('settings.monitoring.interval')}
            value={shown.intervalHours}
            read={readWhole(1, longestIntervalHours)}
            print={String}
            problem={t('alerts.problem.number', { least: 1, most: longestIntervalHours })}
            onChange={(hours) => (hours === null ? undefined : edit({ intervalHours: hours }))}
            onReady={ready('interval')}
          />
          <NumberField
            label={t('settings.monitoring.start')}
            value={shown.startHour}
            read={readWhole(0, lastHour)}
            print={String}
            problem={t('alerts.problem.number', { least: 0, most: lastHour })}
            onChange={(hour) => (hour === null ? undefined : edit({ startHour: hour }))}
            onReady={ready('start')}
          />
          <NumberField
            label={t('settings.monitoring.rpo')}
            help={t('settings.monitoring.rpoHelp')}
            value={shown.rpoLimitMinutes}
            read={readRpo}
            print={(minutes) => (minutes === null ? '' : String(minutes))}
            problem={t('alerts.problem.number', { least: 1, most: longestRpoMinutes })}
            onChange={(minutes) => edit({ rpoLimitMinutes: minutes })}
            onReady={ready('rpo')}
          />
        </div>
      )}
    </SectionCard>
  );
};
