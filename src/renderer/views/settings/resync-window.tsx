import { Button, Field, Radio, RadioGroup, Switch } from '@fluentui/react-components';
import { type SubmitEvent, useEffect, useState } from 'react';
import type { Settings } from '../../../contract/settings.ts';
import { Loading } from '../../components/loading.tsx';
import { WeekHoursField, weekHoursProblem } from '../../components/week-hours-field.tsx';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { showNotice, showProblem } from '../../stores/ui-store.ts';

type Window = Settings['resyncWindow'];
const ends = ['pause', 'finish'] as const;

/** When marked VMs are resynchronized by themselves. */
export const ResyncWindow = () => {
  const connection = useSite((site) => site.connection);
  const [kept, setKept] = useState<Window | null>(null);
  const [edited, setEdited] = useState<Window | null>(null);
  useEffect(() => {
    if (connection !== 'connected') return;
    ask('settings.show', {}).then(({ resyncWindow }) => setKept(resyncWindow), showProblem);
  }, [connection]);
  const shown = edited ?? kept;
  if (shown === null) return <Loading />;
  const changed = edited !== null && JSON.stringify(edited) !== JSON.stringify(kept);
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      setKept(
        (await ask('settings.change', { resyncWindow: { ...shown, hours: copyOf(shown.hours) } }))
          .resyncWindow,
      );
      setEdited(null);
      showNotice(t('settings.saved'));
    } catch (error) {
      showProblem(error);
    }
  };
  return (
    <form className="form" onSubmit={(event) => void save(event)}>
      <Switch
        label={t('settings.resync.enabled')}
        checked={shown.enabled}
        onChange={(_event, { checked }) => setEdited({ ...shown, enabled: checked })}
      />
      <WeekHoursField
        label={t('settings.resync.hours')}
        help={t('settings.resync.hoursHelp')}
        value={shown.hours}
        disabled={!shown.enabled}
        onChange={(hours) => setEdited({ ...shown, hours: copyOf(hours) })}
      />
      <Field label={t('settings.resync.atEnd')}>
        <RadioGroup
          value={shown.atEnd}
          disabled={!shown.enabled}
          onChange={(_event, { value }) =>
            setEdited({ ...shown, atEnd: ends.find((known) => known === value) ?? 'pause' })
          }
        >
          {ends.map((choice) => (
            <Radio key={choice} value={choice} label={t(`settings.resync.atEnd.${choice}`)} />
          ))}
        </RadioGroup>
      </Field>
      <div className="form-actions">
        <Button type="submit" disabled={!changed || weekHoursProblem(shown.hours) !== null}>
          {t('common.save')}
        </Button>
        {changed ? <Button onClick={() => setEdited(null)}>{t('common.discard')}</Button> : null}
      </div>
    </form>
  );
};

const copyOf = (hours: Window['hours']): Window['hours'] => ({ ...hours, days: [...hours.days] });
