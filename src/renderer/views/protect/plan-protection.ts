import type { VmSummary } from '../../../contract/host-reports.ts';
import type { CopyFrequencySeconds } from '../../../contract/model.ts';
import type { RequestParams } from '../../../contract/requests.ts';
import type { Settings } from '../../../contract/settings.ts';

/** What stands there until the settings are known. */
export const usualPolicy: Settings['newProtection'] = { frequencySeconds: 300, retentionPoints: 24 };

/** The part of a plan that the settings say. */
export const defaultsOf = ({
  frequencySeconds,
  retentionPoints,
}: Settings['newProtection']): Pick<Plan, 'frequencySeconds' | 'retention'> => ({
  frequencySeconds,
  retention: String(retentionPoints),
});

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
  /** When the first copy begins, as typed: a time of day in this browser's zone; null for at once. */
  readonly startTime: string | null;
}

/** The next moment of the typed time of day; null when what was typed is none. */
export const startOf = (startTime: string, nowMs: number): Date | null => {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(startTime) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const start = new Date(nowMs);
  start.setHours(Number(hours), Number(minutes), 0, 0);
  if (start.getTime() <= nowMs) start.setDate(start.getDate() + 1);
  return start;
};

/** Whether the policy is one that the engine takes. */
export const isPolicyComplete = (plan: Plan): boolean =>
  retentionOf(plan) !== null && (plan.startTime === null || startOf(plan.startTime, 0) !== null);

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
export const protectParams = (vm: VmSummary, plan: Plan, nowMs: number): RequestParams<'protect'> | null => {
  const retentionPoints = retentionOf(plan);
  if (plan.vault === null || retentionPoints === null) return null;
  const start = plan.startTime === null ? undefined : startOf(plan.startTime, nowMs);
  if (start === null) return null;
  const included = new Set(includedDisks(vm, plan).map(({ id }) => id));
  return {
    vm: vm.id,
    vault: plan.vault,
    frequencySeconds: plan.frequencySeconds,
    retentionPoints,
    ...(start === undefined ? {} : { startAt: start.toISOString() }),
    exclude: [
      ...vm.disks.filter(({ id }) => !included.has(id)),
      ...vm.unreadable.filter(({ id }) => plan.excluded.has(id)),
    ].map(({ id }) => id),
  };
};
