import type { EngineContext } from './engine-context.ts';
import type { Job } from './job-runner.ts';
import type { ProtectedVm } from './protected-vm.ts';

/** The job of a VM's initial replication: the one that is not ended yet, or a new one. */
export const initialJob = ({ jobs }: EngineContext, vm: ProtectedVm): Job => {
  const left = jobs.resume('initial', vm.vmId);
  if (left !== null) return left;
  const steps = vm.includedDisks.map(({ name }) => `Copy ${name}`);
  return jobs.create('initial', vm.vmId, vm.record.name, [...steps, 'Finalize protection']);
};
