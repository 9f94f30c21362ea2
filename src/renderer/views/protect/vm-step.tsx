import { Checkbox } from '@fluentui/react-components';
import type { ErrorReport } from '../../../contract/errors.ts';
import type { VmSummary } from '../../../contract/host-reports.ts';
import { formatBytes } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { accountOf } from '../../said-by-engine.ts';
import { includedDisks, type Plan, sizesOf } from './plan-protection.ts';

interface VmStepProps {
  readonly vms: readonly VmSummary[];
  readonly plan: Plan;
  onChange(part: Partial<Plan>): void;
}

const toggled = (set: ReadonlySet<string>, id: string, present: boolean): ReadonlySet<string> => {
  const next = new Set(set);
  if (present) next.add(id);
  else next.delete(id);
  return next;
};

/** All that is wrong with the VM, but for what the disks left out explain. */
const isInTheWay =
  ({ unreadable }: VmSummary, { excluded }: Plan) =>
  ({ message }: ErrorReport): boolean =>
    !unreadable.some(({ id, error }) => excluded.has(id) && error.message === message);

/** Which VMs, and which of their disks: all but those left out, the operating system's always. */
export const VmStep = ({ vms, plan, onChange }: VmStepProps) => {
  const chosen = vms.filter(({ id }) => plan.vms.has(id));
  return (
    <section>
      <h2>{t('protect.chooseVms')}</h2>
      <p className="quiet">{t('protect.chooseVmsHelp')}</p>
      {vms.map((vm) => (
        <fieldset key={vm.id} className="card vm-choice">
          <legend className="unseen">{vm.name}</legend>
          <Checkbox
            label={`${vm.name} (${formatBytes(vm.sizeBytes)})`}
            checked={plan.vms.has(vm.id)}
            onChange={(_event, data) => onChange({ vms: toggled(plan.vms, vm.id, data.checked === true) })}
          />
          {vm.problems.filter(isInTheWay(vm, plan)).map((problem) => (
            <p key={problem.message} className="critical-text">
              {t('protect.vmProblem', { problem: accountOf(problem) })}
            </p>
          ))}
          {plan.vms.has(vm.id) ? (
            <div className="disk-choices">
              {vm.disks.map((disk) => (
                <Checkbox
                  key={disk.id}
                  label={`${disk.name} · ${formatBytes(disk.sizeBytes)}${
                    disk.isOperatingSystem ? ` · ${t('protect.osDisk')}` : ''
                  }`}
                  disabled={
                    disk.isOperatingSystem ||
                    (includedDisks(vm, plan).length === 1 && !plan.excluded.has(disk.id))
                  }
                  checked={disk.isOperatingSystem || !plan.excluded.has(disk.id)}
                  onChange={(_event, data) =>
                    onChange({ excluded: toggled(plan.excluded, disk.id, data.checked !== true) })
                  }
                />
              ))}
              {vm.unreadable.map((disk) => (
                <Checkbox
                  key={disk.id}
                  label={`${disk.name} · ${t('protect.unreadable')}`}
                  disabled={vm.disks.length === 0}
                  checked={!plan.excluded.has(disk.id)}
                  onChange={(_event, data) =>
                    onChange({ excluded: toggled(plan.excluded, disk.id, data.checked !== true) })
                  }
                />
              ))}
            </div>
          ) : null}
        </fieldset>
      ))}
      <p className="quiet" aria-live="polite">
        {chosen.length === 0
          ? t('protect.chooseOne')
          : t('protect.size', { size: formatBytes(sizesOf(chosen, plan).copyBytes) })}
      </p>
    </section>
  );
};
