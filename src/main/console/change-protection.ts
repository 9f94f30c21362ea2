import type { ChangeResult } from '../../contract/job-reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import { registerAtVault } from '../replication/vault-entry.ts';
import type { ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';

type Change = Omit<CheckedParams<'protection.change'>, 'vm'>;

/**
 * Changes the policy of a protected VM: here at once, then in the vault's catalogue. A smaller retention drops the
 * oldest points with the next one that is made: nothing but a commit changes what the vault keeps of a VM. The event and
 * the result say so.
 */
export const changeProtection = async (
  context: ConsoleContext,
  { vmId }: Pick<ProtectionRecord, 'vmId'>,
  { frequencySeconds, retentionPoints, retentionHours }: Change,
  job: Job,
): Promise<ChangeResult> => {
  const replicator = context.engine.replicator(vmId);
  const { vm } = replicator;
  const before = vm.record;
  await job.step('Change the policy', async () => {
    vm.update({
      ...(frequencySeconds === undefined ? {} : { frequencySeconds }),
      ...(retentionPoints === undefined ? {} : { retentionPoints }),
      ...(retentionHours === undefined ? {} : { retentionHours }),
    });
    replicator.rescheduled();
    const text = describe(before, vm.record);
    if (text !== '')
      context.events.info(`The policy of ${before.name} was changed: ${text}.`, { vmId, vm: before.name });
  });
  await job.step('Tell the vault', async () => registerAtVault(context, vm, await vm.findOnHost()));
  const { name, ...after } = vm.record;
  return {
    kind: 'change',
    vm: name,
    frequencySeconds: after.frequencySeconds,
    retentionPoints: after.retentionPoints,
    retentionHours: after.retentionHours ?? null,
    ...(keepsFewer(before, after) ? { dropsOlder: true } : {}),
  };
};

type Retention = Pick<ProtectionRecord, 'retentionPoints' | 'retentionHours'>;

const hoursOf = ({ retentionHours }: Retention): number => retentionHours ?? Number.POSITIVE_INFINITY;

const keepsFewer = (before: Retention, after: Retention): boolean =>
  after.retentionPoints < before.retentionPoints || hoursOf(after) < hoursOf(before);

const hoursText = ({ retentionHours: hours }: Retention): string =>
  hours === null || hours === undefined ? 'whatever their age' : `for ${hours} hours`;

const describe = (before: ProtectionRecord, after: ProtectionRecord): string => {
  const changes = [
    before.frequencySeconds === after.frequencySeconds
      ? []
      : [`a cycle every ${after.frequencySeconds} seconds instead of ${before.frequencySeconds}`],
    before.retentionPoints === after.retentionPoints
      ? []
      : [`${after.retentionPoints} recovery points are kept instead of ${before.retentionPoints}`],
    hoursOf(before) === hoursOf(after)
      ? []
      : [`recovery points are kept ${hoursText(after)} instead of ${hoursText(before)}`],
  ].flat();
  const older = keepsFewer(before, after) ? '; older ones are dropped when the next one is made' : '';
  return `${changes.join(', ')}${older}`;
};
