import { rmSync } from 'node:fs';
import { sentDigestsPath } from '../../block/sent-digests.ts';
import { sweepFrozenClones } from '../../host/folder/freeze.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { registerAtVault } from '../vault-entry.ts';
import type { VmActivity } from '../vm-activity.ts';
import type { Job } from './job-runner.ts';

const steps = ['Remove temporary files', 'Apply the settings of replication', 'Mark as protected'] as const;

/** The job that follows a VM's initial replication: the one that is not ended yet, or a new one. */
export const finalizeJob = ({ jobs }: EngineContext, { vmId, record }: ProtectedVm): Job =>
  jobs.resume('finalize', vmId) ?? jobs.create('finalize', vmId, record.name, steps);

/** Finalize protection: what initial replication needed is gone, the vault knows the policy, and the VM is protected. */
export const finalizeProtection = (engine: EngineContext, vm: ProtectedVm, job: Job): Promise<void> => {
  const { vmId } = vm;
  const { name } = vm.record;
  const work = async () => {
    const found = await job.step(steps[0], async () => {
      const onHost = await vm.findOnHost();
      await sweepFrozenClones(onHost.vm);
      for (const { record } of onHost.disks)
        rmSync(sentDigestsPath(vm.tablePath(record.diskId)), { force: true });
      return onHost;
    });
    await job.step(steps[1], () => registerAtVault(engine, vm, found));
    await job.step(steps[2], async () => {
      const { frequencySeconds, retentionPoints } = vm.record;
      const text = `${name} is protected: a cycle every ${frequencySeconds} seconds, ${retentionPoints} recovery points are kept.`;
      engine.events.info(text, { vmId, vm: name });
    });
    return { kind: 'finalize', vm: name } as const;
  };
  return engine.jobs.carryOut(job, work, (failure) =>
    engine.events.error(failure.toReport(), { vmId, vm: name }),
  );
};

/**
 * Of a VM with a complete replica: ends a first copy whose work a crash had done before its job heard of it, and does
 * what was to follow.
 */
export const takeUpFinished = (engine: EngineContext, vm: ProtectedVm, work: VmActivity): void => {
  const initial = engine.jobs.resume('initial', vm.vmId);
  const job = initial === null ? engine.jobs.resume('finalize', vm.vmId) : finalizeJob(engine, vm);
  initial?.succeed(null);
  if (job === null) return;
  const activity = 'Finalizing protection';
  engine.background.run(activity, () =>
    work.exclusively(activity, () => finalizeProtection(engine, vm, job)),
  );
};
