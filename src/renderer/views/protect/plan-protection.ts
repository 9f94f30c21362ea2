import type { VmSummary } from '../../../contract/host-reports.ts';
import type { CopyFrequencySeconds } from '../../../contract/model.ts';
import type { RequestParams } from '../../../contract/requests.ts';

export const defaultFrequencySeconds: CopyFrequencySeconds = 300;
export const defaultRetention = 24;
const mostRetention = 1000;
/** A log may grow to half its disk before a resynchronization is due. */
const logShare = 0.5;

/** What the wizard has gathered. */
export interface Plan {
  /** Ids of the VMs. */
  readonly vms: ReadonlySet<string>;
  /** Ids of the disks left out, of whichever VM. */
  readonly excluded: ReadonlySet<string>;
  readonly vault: string | null;
  readonly frequencySeconds: CopyFrequencySeconds;
  /** As typed. */
  readonly retention: string;
}

/** The number of recovery points, or null when what was typed is none. */
export const retentionOf = ({ retention }: Pick<Plan, 'retention'>): number | null => {
  const points = /^\d{1,4}$/.test(retention.trim()) ? Number(retention) : 0;
  return points >= 1 && points <= mostRetention ? points : null;
};

export const includedDisks = ({ disks }: VmSummary, { excluded }: Plan) =>
  disks.filter(({ id, isOperatingSystem }) => isOperatingSystem || !excluded.has(id));

/** How much the first copy comes to at most, and how far the logs may grow. */
export const sizesOf = (
  vms: readonly VmSummary[],
  plan: Plan,
): { readonly copyBytes: number; readonly logBytes: number } => {
  const copyBytes = vms
    .flatMap((vm) => includedDisks(vm, plan))
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { copyBytes, logBytes: copyBytes * logShare };
};

/** What is asked of the engine for one VM; null while the plan is not complete. */
export const protectParams = (vm: VmSummary, plan: Plan): RequestParams<'protect'> | null => {
  const retentionPoints = retentionOf(plan);
  if (plan.vault === null || retentionPoints === null) return null;
  const included = new Set(includedDisks(vm, plan).map(({ id }) => id));
  return {
    vm: vm.id,
    vault: plan.vault,
    frequencySeconds: plan.frequencySeconds,
    retentionPoints,
    exclude: vm.disks.filter(({ id }) => !included.has(id)).map(({ id }) => id),
  };
};
