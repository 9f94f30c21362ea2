import { useCallback, useEffect, useState } from 'react';
import type { AlertsReport } from '../../../contract/alerts.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import type { Settings, SettingsChange } from '../../../contract/settings.ts';
import { t } from '../../i18n/words.ts';
import { accountOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { showNotice, showProblem, useUi } from '../../stores/ui-store.ts';
import { useNow } from '../../stores/use-now.ts';

const refreshMs = 10_000;

export interface AlertsView {
  readonly report: AlertsReport;
  readonly settings: Settings;
  readonly nowMs: number;
  refresh(): Promise<void>;
}

/** Alerts and their settings, asked for anew every few seconds and with each message; null until they are there. */
export const useAlerts = (): AlertsView | null => {
  const nowMs = useNow(refreshMs);
  const newest = useUi(({ notifications }) => notifications.at(-1)?.id);
  const connected = useSite(({ connection }) => connection === 'connected');
  const [known, setKnown] = useState<Pick<AlertsView, 'report' | 'settings'> | null>(null);
  const refresh = useCallback(async (): Promise<void> => {
    const [report, settings] = await Promise.all([ask('alerts', {}), ask('settings.show', {})]);
    setKnown({ report, settings });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew with each tick and each message
  useEffect(() => {
    if (connected) refresh().catch(showProblem);
  }, [nowMs, newest, connected, refresh]);
  return known === null ? null : { ...known, nowMs, refresh };
};

export interface Saving {
  readonly busy: boolean;
  /** Why the engine refused; null when it did not. */
  readonly problem: string | null;
  save(change: SettingsChange, before?: () => Promise<unknown>): Promise<void>;
}

/** Changes settings and says so. @param saved asked for what holds then */
export const useSaving = (saved: () => Promise<void>): Saving => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (change: SettingsChange, before?: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await before?.();
      await ask('settings.change', change);
      await saved();
      showNotice(t('notice.alertsSaved'));
    } catch (error) {
      setProblem(accountOf(ReplicationError.from(error)));
    }
    setBusy(false);
  };
  return { busy, problem, save };
};
