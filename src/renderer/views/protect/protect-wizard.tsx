import { Button } from '@fluentui/react-components';
import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import type { Settings } from '../../../contract/settings.ts';
import { ButtonLink } from '../../components/button-link.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loading } from '../../components/loading.tsx';
import { Steps } from '../../components/steps.tsx';
import { t } from '../../i18n/words.ts';
import { goTo } from '../../router.ts';
import { ask } from '../../stores/engine.ts';
import { refreshHost } from '../../stores/follow-engine.ts';
import { useSite } from '../../stores/site-store.ts';
import { showNotice, showProblem } from '../../stores/ui-store.ts';
import { defaultsOf, isPolicyComplete, type Plan, protectParams, usualPolicy } from './plan-protection.ts';
import { PolicyStep } from './policy-step.tsx';
import { ReviewStep } from './review-step.tsx';
import { VaultStep } from './vault-step.tsx';
import { VmStep } from './vm-step.tsx';

const steps = ['vms', 'vault', 'policy', 'review'] as const;
type Step = (typeof steps)[number];

/** Whether a step has all it needs. */
const isComplete = (step: Step, plan: Plan, chosen: number, passed: boolean): boolean => {
  switch (step) {
    case 'vms':
      return chosen > 0;
    case 'vault':
      return plan.vault !== null;
    case 'policy':
      return isPolicyComplete(plan);
    case 'review':
      return passed;
  }
};

/** Protects one or several VMs: which disks, where to, how often; checked before anything is done. */
export const ProtectWizard = ({ vms: wanted }: { readonly vms: readonly string[] }) => {
  const summaries = useSite((site) => site.summaries);
  const vaults = useSite((site) => site.vaults);
  const free = summaries.filter((vm) => !vm.protected);
  const [step, setStep] = useState<Step>('vms');
  const [passed, setPassed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [plan, setPlan] = useState<Plan>({
    vms: new Set(wanted),
    excluded: new Set(),
    vault: null,
    ...defaultsOf(usualPolicy),
    startTime: null,
  });
  const [settings, setSettings] = useState<Settings | null>(null);
  useEffect(() => {
    // Without them the wizard begins with what is usual; an engine that is away is told of by the page.
    ask('settings.show', {}).then((read) => {
      setSettings(read);
      setPlan((before) => ({ ...before, ...defaultsOf(read.newProtection) }));
    }, showProblem);
  }, []);
  const heading = useRef<HTMLHeadingElement>(null);
  const at = steps.indexOf(step);
  // Whoever goes on by keyboard goes on at the top of the new step.
  // biome-ignore lint/correctness/useExhaustiveDependencies: focus moves with the step
  useEffect(() => heading.current?.focus(), [step]);

  if (vaults === null) return <Loading />;
  // The one vault there is needs no choosing.
  const vault = plan.vault ?? (vaults.length === 1 ? (vaults[0]?.name ?? null) : null);
  const full: Plan = { ...plan, vault };
  const chosen = free.filter(({ id }) => full.vms.has(id));

  const change = (part: Partial<Plan>): void => {
    setPlan({ ...full, ...part });
    setPassed(false);
  };
  const protect = async (): Promise<void> => {
    setBusy(true);
    try {
      for (const vm of chosen) {
        const params = protectParams(vm, full, Date.now());
        if (params !== null) await ask('protect', params);
      }
      showNotice(t('notice.protect', { count: chosen.length, vm: chosen[0]?.name ?? '' }));
      const [only] = chosen;
      goTo(chosen.length === 1 && only ? { view: 'vm', id: only.id, tab: 'disks' } : { view: 'overview' });
    } catch (error) {
      showProblem(error);
      setBusy(false);
    }
    await refreshHost().catch(showProblem);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isComplete(step, full, chosen.length, passed) || busy) return;
    const next = steps[at + 1];
    if (next === undefined) void protect();
    else setStep(next);
  };

  if (free.length === 0 && !busy)
    return (
      <EmptyState level="h1" title={t('protect.nothingLeft')}>
        <ButtonLink to={{ view: 'overview' }}>{t('vm.toOverview')}</ButtonLink>
      </EmptyState>
    );
  const forward =
    step === 'review'
      ? t('protect.start', { count: chosen.length, vm: chosen[0]?.name ?? '' })
      : t('common.next');
  return (
    <div className="narrow-page wizard">
      <h1 ref={heading} tabIndex={-1}>
        {t('protect.title')}
      </h1>
      <Steps label={t('first.steps')} titles={steps.map((each) => t(`protect.step.${each}`))} current={at} />
      {step === 'vms' ? <VmStep vms={free} plan={full} onChange={change} /> : null}
      {step === 'vault' ? <VaultStep vaults={vaults} vms={chosen} plan={full} onChange={change} /> : null}
      {step === 'policy' ? <PolicyStep plan={full} onChange={change} /> : null}
      {step === 'review' ? (
        <ReviewStep
          vms={chosen}
          vault={vaults.find(({ name }) => name === vault) ?? null}
          plan={full}
          bandwidth={settings?.bandwidth ?? null}
          onChecked={setPassed}
        />
      ) : null}
      <form className="form-actions wizard-actions" onSubmit={submit}>
        {at === 0 ? (
          <ButtonLink to={{ view: 'overview' }}>{t('common.cancel')}</ButtonLink>
        ) : (
          <Button disabled={busy} onClick={() => setStep(steps[at - 1] ?? 'vms')}>
            {t('common.back')}
          </Button>
        )}
        <Button
          type="submit"
          appearance="primary"
          disabled={busy || !isComplete(step, full, chosen.length, passed)}
        >
          {busy ? t('protect.starting') : forward}
        </Button>
      </form>
    </div>
  );
};
