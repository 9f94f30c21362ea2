import { openReplicaVault } from '../../vault/open-vault.ts';
import type { VmReplica } from '../../vault/replica-vault.ts';
import type { ReplicaSpec } from '../protocol.ts';
import { sharedBandwidth } from '../shared-bandwidth.ts';

/** Opens a VM's replicas for writing, hands them to `use`, and lets them go whatever happens. The bandwidth limit holds. */
export const withReplica = async <T>(
  spec: ReplicaSpec,
  signal: AbortSignal,
  use: (replica: VmReplica) => Promise<T>,
): Promise<T> => {
  const vault = await openReplicaVault(spec.vault, sharedBandwidth.pacer(signal));
  try {
    const replica = await vault.openVm(spec.vmId, spec.writer);
    try {
      return await use(replica);
    } finally {
      await replica.close();
    }
  } finally {
    await vault.close();
  }
};
