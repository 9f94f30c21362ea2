import { Button } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { type ErrorReport, ReplicationError } from '../../../contract/errors.ts';
import type { VmSummary } from '../../../contract/host-reports.ts';
import type { PrerequisiteCheck } from '../../../contract/prerequisites.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { VaultReport } from '../../../contract/vault-reports.ts';
import { CheckList } from '../../components/check-list.tsx';
import { ErrorDetails } from '../../components/error-details.tsx';
import { Loading } from '../../components/loading.tsx';
import { formatBytes, formatDuration, formatRate, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { headlineOf, nextStepOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { useNow } from '../../stores/use-now.ts';
import { estimateCopy } from './estimate.ts';
import { includedDisks, type Plan, protectParams, sizesOf, startOf } from './plan-protection.ts';

interface ReviewStepProps {
  readonly vms: readonly VmSummary[];
  readonly plan: Plan;
  readonly vault: VaultReport | null;
  readonly bandwidth: Settings['bandwidth'] | null;
  /** Whether every check of every VM has passed. */
  onChecked(passed: boolean): void;
}

/** What the checks of a VM came to: a refusal counts as one that failed. */
interface Checked {
  readonly vm: VmSummary;
  readonly checks: readonly PrerequisiteCheck[];
  readonly error: ErrorReport | null;
}

const checkVm = async (vm: VmSummary, plan: Plan): Promise<Checked> => {
  const params = protectParams(vm, plan, Date.now());
  if (params === null) return { vm, checks: [], error: null };
  try {
    const { checks } = await ask('protect', { ...params, checkOnly: true });
    return { vm, checks, error: null };
  } catch (error) {
    return { vm, checks: [], error: ReplicationError.from(error).toReport() };
  }
};

const Checks = ({ checked, several }: { readonly checked: Checked; readonly several: boolean }) => (
  <div>
    {several ? <h3>{checked.vm.name}</h3> : null}
    <CheckList checks={checked.checks} />
    {checked.error === null ? null : (
      <div className="critical-text">
        <p>{headlineOf(checked.error)}</p>
        <p>{nextStepOf(checked.error)}</p>
        <ErrorDetails error={checked.error} />
      </div>
    )}
  </div>
);

/** When the first copy begins, in words. */
const startWords = ({ startTime }: Plan, nowMs: number): string => {
  const start = startTime === null ? null : startOf(startTime, nowMs);
  return start === null ? t('protect.reviewStartNow') : formatTime(start.toISOString(), nowMs);
};

const Summary = ({ vms, plan, vault, bandwidth }: Omit<ReviewStepProps, 'onChecked'>) => {
  const { copyBytes, logBytes } = sizesOf(vms, plan);
  const jobs = useSite((site) => site.jobs);
  const statuses = useSite((site) => site.statuses);
  const now = useNow();
  const estimate =
    vault === null
      ? null
      : estimateCopy(copyBytes, vault, { jobs: jobs?.values() ?? [], statuses, bandwidth });
  const nameOf = (vm: VmSummary): string => {
    const included = new Set(includedDisks(vm, plan).map(({ id }) => id));
    const left = vm.disks.filter(({ id }) => !included.has(id)).map(({ name }) => name);
    return left.length === 0 ? vm.name : `${vm.name} (${t('protect.without', { disks: left.join(', ') })})`;
  };
  return (
    <dl className="summary">
      <dt>{t('protect.reviewVms')}</dt>
      <dd>{vms.map(nameOf).join(', ')}</dd>
      <dt>{t('protect.reviewVault')}</dt>
      <dd>{plan.vault}</dd>
      <dt>{t('protect.reviewFrequency')}</dt>
      <dd>{t(`frequency.${plan.frequencySeconds}`)}</dd>
      <dt>{t('protect.reviewRetention')}</dt>
      <dd>{plan.retention}</dd>
      <dt>{t('protect.reviewSize')}</dt>
      <dd>{t('protect.reviewSizeValue', { size: formatBytes(copyBytes) })}</dd>
      {estimate === null ? null : (
        <>
          <dt>{t('protect.reviewTime')}</dt>
          <dd>
            {t(`protect.reviewTime.${estimate.basis}`, {
              duration: formatDuration(estimate.seconds),
              rate: formatRate(estimate.bytesPerSecond),
            })}
          </dd>
        </>
      )}
      <dt>{t('protect.reviewStart')}</dt>
      <dd>{startWords(plan, now)}</dd>
      <dt>{t('protect.reviewLog')}</dt>
      <dd>{t('protect.reviewLogValue', { size: formatBytes(logBytes) })}</dd>
    </dl>
  );
};

/** What will be done, and whether everything it needs is there. */
export const ReviewStep = ({ vms, plan, vault, bandwidth, onChecked }: ReviewStepProps) => {
  const [checked, setChecked] = useState<readonly Checked[] | null>(null);
  const [round, setRound] = useState(0);
  // The plan does not change while this step is open: it is checked when the step opens, and again on demand.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    let current = true;
    setChecked(null);
    void Promise.all(vms.map((vm) => checkVm(vm, plan))).then((all) => {
      if (!current) return;
      setChecked(all);
      onChecked(
        all.every(({ checks, error }) => error === null && checks.every(({ outcome }) => outcome !== 'fail')),
      );
    });
    return () => {
      current = false;
    };
  }, [round]);

  const failures = (checked ?? []).reduce(
    (sum, { checks, error }) =>
      sum + checks.filter(({ outcome }) => outcome === 'fail').length + (error === null ? 0 : 1),
    0,
  );
  const count = (checked ?? []).reduce((sum, { checks }) => sum + checks.length, 0);
  return (
    <>
      <section className="card">
        <Summary vms={vms} plan={plan} vault={vault} bandwidth={bandwidth} />
      </section>
      <section className="card" aria-live="polite">
        {checked === null ? (
          <Loading label={t('protect.checking')} />
        ) : (
          <>
            <div className="card-head">
              <h2>
                {failures > 0
                  ? t('protect.checksFailed', { count: failures })
                  : t('protect.checksPassed', { count })}
              </h2>
              <Button size="small" onClick={() => setRound(round + 1)}>
                {t('protect.checkAgain')}
              </Button>
            </div>
            {checked.map((each) => (
              <Checks key={each.vm.id} checked={each} several={vms.length > 1} />
            ))}
          </>
        )}
      </section>
    </>
  );
};
