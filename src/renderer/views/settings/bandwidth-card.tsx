import { useState } from 'react';
import {
  leastBandwidthBps,
  mostBandwidthBps,
  mostUploadThreads,
} from '../../../contract/bandwidth-limits.ts';
import { WeekHoursField, weekHoursProblem } from '../../components/week-hours-field.tsx';
import { t } from '../../i18n/words.ts';
import { NumberField, readWhole } from './number-field.tsx';
import { SectionCard } from './section-card.tsx';
import { useSection } from './use-section.ts';

const megabit = 1_000_000;

/** Bits a second of what was typed as Mbit/s; nothing is no limit. */
export const readLimit = (text: string): number | null | undefined => {
  const typed = text.trim().replace(',', '.');
  if (typed === '') return null;
  const bits = /^\d{1,4}(\.\d{1,3})?$/.test(typed) ? Math.round(Number(typed) * megabit) : Number.NaN;
  return bits >= leastBandwidthBps && bits <= mostBandwidthBps ? bits : undefined;
};

const printLimit = (bits: number | null): string => (bits === null ? '' : String(bits / megabit));

/** How fast replication may write to vaults, in and out of working hours, and in how many requests at once. */
export const BandwidthCard = () => {
  const limits = useSection('bandwidth');
  const upload = useSection('upload');
  const [unready, setUnready] = useState<ReadonlySet<string>>(new Set());
  const ready = (field: string) => (fits: boolean) =>
    setUnready((before) => new Set(fits ? [...before].filter((each) => each !== field) : [...before, field]));
  const { shown } = limits;
  const save = async (): Promise<void> => {
    if (limits.changed) await limits.save();
    if (upload.changed) await upload.save();
  };
  const discard = (): void => {
    limits.discard();
    upload.discard();
  };
  const limitOf = (field: 'workHoursBps' | 'otherBps', value: number | null) => (
    <NumberField
      label={t(`settings.bandwidth.${field}`)}
      help={t('settings.bandwidth.empty')}
      unit="Mbit/s"
      value={value}
      read={readLimit}
      print={printLimit}
      problem={t('settings.bandwidth.problem')}
      onChange={(bits) => limits.edit({ [field]: bits })}
      onReady={ready(field)}
    />
  );
  return (
    <SectionCard
      title={t('settings.bandwidth')}
      help={t('settings.bandwidth.help')}
      loading={shown === null || upload.shown === null}
      changed={limits.changed || upload.changed}
      ready={unready.size === 0 && (shown === null || weekHoursProblem(shown.hours) === null)}
      onSave={save}
      onDiscard={discard}
    >
      {shown === null || upload.shown === null ? null : (
        <>
          <div className="field-columns">
            {limitOf('workHoursBps', shown.workHoursBps)}
            {limitOf('otherBps', shown.otherBps)}
          </div>
          <WeekHoursField
            label={t('settings.bandwidth.hours')}
            help={t('settings.resync.hoursHelp')}
            value={shown.hours}
            onChange={(hours) => limits.edit({ hours: { ...hours, days: [...hours.days] } })}
          />
          <NumberField
            label={t('settings.upload.threads')}
            help={t('settings.upload.threadsHelp')}
            value={upload.shown.threads}
            read={readWhole(1, mostUploadThreads)}
            print={String}
            problem={t('alerts.problem.number', { least: 1, most: mostUploadThreads })}
            onChange={(threads) => (threads === null ? undefined : upload.edit({ threads }))}
            onReady={ready('threads')}
          />
        </>
      )}
    </SectionCard>
  );
};
