import type { ChangeResult } from '../../contract/job-reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import { registerAtVault } from '../replication/vault-entry.ts';
import type { VmReplicator } from '../replication/vm-replicator.ts';
import type { ProtectionRecord } from '../store/records.ts';
import type { TaskOptions } from '../workers/worker-pool.ts';
import type { ConsoleContext } from './console-context.ts';

type Change = Omit<CheckedParams<'protection.change'>, 'vm'>;

/**
 * Changes the policy of a protected VM: here at once, then in the vault's catalogue, then what the vault keeps. A job that
 * a crash cut short does all of it again; points that it could not drop (the vault is away, say) go with the next that is
 * made, as do those of a VM whose replica is being copied or compared, which may take hours.
 */
export const changeProtection = async (
  context: ConsoleContext,
  { vmId }: Pick<ProtectionRecord, 'vmId'>,
  { frequencySeconds, retentionPoints, retentionHours, uploadThreads }: Change,
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
      ...(uploadThreads === undefined ? {} : { uploadThreads }),
    });
    replicator.rescheduled();
    const text = describe(before, vm.record);
    if (text !== '')
      context.events.info(`The policy of ${before.name} was changed: ${text}.`, { vmId, vm: before.name });
  });
  await job.step('Tell the vault', async () => registerAtVault(context, vm, await vm.findOnHost()));
  const changesRetention = retentionPoints !== undefined || retentionHours !== undefined;
  const isBusy = replicator.needsInitial || replicator.isResynchronizing;
  const droppedPoints = changesRetention && !isBusy ? await dropOlder(context, replicator, job) : 0;
  const { name, ...after } = vm.record;
  return {
    kind: 'change',
    vm: name,
    frequencySeconds: after.frequencySeconds,
    retentionPoints: after.retentionPoints,
    retentionHours: after.retentionHours ?? null,
    uploadThreads: after.uploadThreads ?? null,
    ...(isBusy && keepsFewer(before, after) ? { dropsOlder: true } : {}),
    ...(droppedPoints > 0 ? { droppedPoints } : {}),
  };
};

const dropOlder = (context: ConsoleContext, replicator: VmReplicator, job: Job): Promise<number> =>
  job.step('Drop older recovery points', async () => {
    const { vm } = replicator;
    const { vmId, record } = vm;
    const params = { replica: vm.replicaSpec(), ...vm.retention() };
    const drop = (options: TaskOptions) => context.pool.run('prune', params, options);
    const { prunedPoints } = await replicator.withStillReplica(
      `Dropping recovery points of ${record.name}`,
      drop,
      job,
    );
    const points = prunedPoints === 1 ? 'A recovery point' : `${prunedPoints} recovery points`;
    const text = `${points} of ${record.name} ${prunedPoints === 1 ? 'was' : 'were'} dropped: the policy keeps ${record.retentionPoints}, ${hoursText(record)}.`;
    if (prunedPoints > 0) context.events.info(text, { vmId, vm: record.name });
    return prunedPoints;
  });

type Retention = Pick<ProtectionRecord, 'retentionPoints' | 'retentionHours'>;

const hoursOf = ({ retentionHours }: Retention): number => retentionHours ?? Number.POSITIVE_INFINITY;

const keepsFewer = (before: Retention, after: Retention): boolean =>
  after.retentionPoints < before.retentionPoints || hoursOf(after) < hoursOf(before);

const hoursText = ({ retentionHours: hours }: Retention): string =>
  hours === null || hours === undefined ? 'whatever their age' : `for ${hours} hours`;

const threadsText = ({ uploadThreads }: ProtectionRecord): string =>
  uploadThreads === undefined || uploadThreads === null
    ? 'as many requests as the settings say'
    : uploadThreads === 1
      ? 'one request'
      : `${uploadThreads} requests`;

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
    threadsText(before) === threadsText(after)
      ? []
      : [`${threadsText(after)} at once to a storage account instead of ${threadsText(before)}`],
  ].flat();
  return changes.join(', ');
};
