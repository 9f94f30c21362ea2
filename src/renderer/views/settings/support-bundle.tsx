import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import type { SupportBundleReport } from '../../../contract/support-bundle.ts';
import { formatBytes } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { showProblem } from '../../stores/ui-store.ts';

/** Has the engine collect what tells of a fault, and says where it lies. */
export const SupportBundle = () => {
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<SupportBundleReport | null>(null);
  const make = (): void => {
    setBusy(true);
    setMade(null);
    ask('support.bundle', {})
      .then(setMade, showProblem)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <p className="note after-form">{t('settings.support.help')}</p>
      <div className="form-actions">
        <Button size="small" disabled={busy} onClick={make}>
          {busy ? t('settings.support.making') : t('settings.support.make')}
        </Button>
      </div>
      <p className="after-form path" aria-live="polite">
        {made === null ? '' : t('settings.support.made', { file: made.file, size: formatBytes(made.bytes) })}
      </p>
    </>
  );
};
