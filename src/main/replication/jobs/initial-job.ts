import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import type { Job, PlannedStep } from './job-runner.ts';

export const commitStep = 'Commit the replica';

/** The job of a VM's initial replication: the one that is not ended yet, or a new one. */
export const initialJob = ({ jobs, clock }: EngineContext, vm: ProtectedVm): Job => {
  const left = jobs.resume('initial', vm.vmId);
  if (left !== null) {
    left.takeTurn();
    return left;
  }
  const { name, initialStartAtMs } = vm.record;
  const job = jobs.create('initial', vm.vmId, name, stepsOf(vm));
  if (initialStartAtMs !== undefined && initialStartAtMs > clock.now())
    job.waitUntil(initialStartAtMs, 'Waits for the start time that was chosen.');
  return job;
};

/** Disks weigh as much as they are large; the commit takes about a hundredth of the time. */
const stepsOf = (vm: ProtectedVm): PlannedStep[] => {
  const disks = vm.includedDisks;
  const total = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const copies = disks.map(({ name, sizeBytes }) => ({ name: `Copy ${name}` as const, weight: sizeBytes }));
  return [...copies, { name: commitStep, weight: total / 100 }];
};
