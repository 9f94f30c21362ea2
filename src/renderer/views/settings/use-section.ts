import { useEffect, useState } from 'react';
import type { Settings, SettingsChange, SettingsSection } from '../../../contract/settings.ts';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { showNotice, showProblem } from '../../stores/ui-store.ts';

export interface Section<S extends SettingsSection> {
  /** As edited; null until the engine told. */
  readonly shown: Settings[S] | null;
  readonly changed: boolean;
  edit(fields: Partial<Settings[S]>): void;
  discard(): void;
  /** Hands what was edited to the engine; what it refuses is said, and nothing typed is lost. */
  save(): Promise<void>;
}

/** A section of the settings, to be edited and then kept as a whole. */
export const useSection = <S extends SettingsSection>(section: S): Section<S> => {
  const connection = useSite((site) => site.connection);
  const [kept, setKept] = useState<Settings[S] | null>(null);
  const [edited, setEdited] = useState<Settings[S] | null>(null);
  useEffect(() => {
    if (connection !== 'connected') return;
    ask('settings.show', {}).then((settings) => setKept(settings[section]), showProblem);
  }, [connection, section]);
  const shown = edited ?? kept;
  return {
    shown,
    changed: edited !== null && JSON.stringify(edited) !== JSON.stringify(kept),
    edit: (fields) => (shown === null ? undefined : setEdited({ ...shown, ...fields })),
    discard: () => setEdited(null),
    save: async () => {
      try {
        const change = { [section]: shown } as SettingsChange;
        setKept((await ask('settings.change', change))[section]);
        setEdited(null);
        showNotice(t('settings.saved'));
      } catch (error) {
        showProblem(error);
      }
    },
  };
};
