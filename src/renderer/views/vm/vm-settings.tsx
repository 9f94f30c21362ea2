import { Button, Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import { mostUploadThreads } from '../../../contract/bandwidth-limits.ts';
import { copyFrequenciesSeconds } from '../../../contract/model.ts';
import type { VmStatus } from '../../../contract/reports.ts';
import { ButtonLink } from '../../components/button-link.tsx';
import { t } from '../../i18n/words.ts';
import { ask } from '../../stores/engine.ts';
import { openDialog, showNotice, showProblem } from '../../stores/ui-store.ts';
import { retentionOf } from '../protect/plan-protection.ts';

/** What was typed as a number of requests: null for nothing, which leaves it to the settings; undefined for no such number. */
const threadsOf = (typed: string): number | null | undefined => {
  if (typed.trim() === '') return null;
  const threads = /^\d{1,2}$/.test(typed.trim()) ? Number(typed) : 0;
  return threads >= 1 && threads <= mostUploadThreads ? threads : undefined;
};

interface Draft {
  readonly frequency?: number;
  readonly retention?: string;
  readonly threads?: string;
}

/** How often the VM is replicated, how many points are kept, how it is sent: what was chosen when it was protected. */
const PolicyForm = ({ status }: { readonly status: VmStatus }) => {
  const { id, name, frequencySeconds, retentionPoints = null, uploadThreads = null } = status;
  const kept = retentionPoints === null ? '' : String(retentionPoints);
  // Null while nothing was typed: what the engine has is shown then, whoever changed it.
  const [draft, setDraft] = useState<Draft>({});
  const [busy, setBusy] = useState(false);
  const frequency = draft.frequency ?? frequencySeconds;
  const retention = draft.retention ?? kept;
  const points = retentionOf({ retention });
  const threads = draft.threads ?? (uploadThreads === null ? '' : String(uploadThreads));
  const wantedThreads = threadsOf(threads);
  const changed =
    frequency !== frequencySeconds || retention.trim() !== kept || wantedThreads !== uploadThreads;
  const isSound = points !== null && wantedThreads !== undefined;
  const fewer = points !== null && retentionPoints !== null && points < retentionPoints;
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const wanted = copyFrequenciesSeconds.find((each) => each === frequency);
    if (busy || !changed || !isSound || wanted === undefined) return;
    setBusy(true);
    try {
      const job = await ask('protection.change', {
        vm: id,
        ...(wanted === frequencySeconds ? {} : { frequencySeconds: wanted }),
        ...(points === retentionPoints ? {} : { retentionPoints: points }),
        ...(wantedThreads === uploadThreads ? {} : { uploadThreads: wantedThreads }),
      });
      await ask('job.wait', { id: job.id });
      showNotice(t('notice.policyChanged', { vm: name }), job.id);
      setDraft({});
    } catch (error) {
      showProblem(error);
    }
    setBusy(false);
  };
  return (
    <form className="card form" onSubmit={(event) => void save(event)}>
      <h2>{t('vmSettings.policy')}</h2>
      <Field label={t('protect.frequency')} hint={t('protect.frequencyHelp')}>
        <RadioGroup
          value={String(frequency)}
          onChange={(_event, { value }) => setDraft({ ...draft, frequency: Number(value) })}
        >
          {copyFrequenciesSeconds.map((each) => (
            <Radio key={each} value={String(each)} label={t(`frequency.${each}`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field
        label={t('protect.retention')}
        hint={fewer ? t('vmSettings.fewer', { count: points }) : t('protect.retentionHelp')}
        {...(points === null ? { validationMessage: t('protect.retentionInvalid') } : {})}
      >
        <Input
          className="short-input"
          inputMode="numeric"
          value={retention}
          onChange={(_event, { value }) => setDraft({ ...draft, retention: value })}
        />
      </Field>
      <Field
        label={t('settings.upload.threads')}
        hint={t('vmSettings.threadsHelp')}
        {...(wantedThreads === undefined
          ? { validationMessage: t('alerts.problem.number', { least: 1, most: mostUploadThreads }) }
          : {})}
      >
        <Input
          className="short-input"
          inputMode="numeric"
          value={threads}
          onChange={(_event, { value }) => setDraft({ ...draft, threads: value })}
        />
      </Field>
      <div className="form-actions">
        <Button type="submit" appearance="primary" disabled={!changed || !isSound || busy}>
          {t('common.save')}
        </Button>
        <Button disabled={!changed || busy} onClick={() => setDraft({})}>
          {t('common.discard')}
        </Button>
      </div>
    </form>
  );
};

/** The VM's policy, where its replica is, and the way out of protection. */
export const VmSettings = ({ status }: { readonly status: VmStatus }) => {
  const { id, vault, disks, path } = status;
  const excluded = disks.filter((disk) => disk.excluded).map(({ name }) => name);
  return (
    <div className="stack narrow-page">
      <PolicyForm status={status} />
      <section className="card">
        <h2>{t('vmSettings.where')}</h2>
        <dl className="summary">
          <dt>{t('vm.fact.vault')}</dt>
          <dd>{vault ?? t('common.none')}</dd>
          <dt>{t('vmSettings.source')}</dt>
          <dd className="path">{path}</dd>
          <dt>{t('vmSettings.leftOut')}</dt>
          <dd>{excluded.length === 0 ? t('vmSettings.noneLeftOut') : excluded.join(', ')}</dd>
        </dl>
        <p className="note">{t('vmSettings.whereHelp')}</p>
        <div className="form-actions">
          <ButtonLink to={{ view: 'settings' }}>{t('vmSettings.windows')}</ButtonLink>
        </div>
      </section>
      <section className="card">
        <h2>{t('action.unprotect')}</h2>
        <p>{t('vmSettings.unprotectHelp')}</p>
        <Button onClick={() => openDialog({ kind: 'unprotect', vmId: id })}>
          {t('vmSettings.unprotect')}
        </Button>
      </section>
    </div>
  );
};
