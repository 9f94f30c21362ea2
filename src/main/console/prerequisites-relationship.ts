import { ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { LogFile } from '../hrl/log-file.ts';
import { listLogs } from '../hrl/rotation.ts';
import type { ReplicaVault } from '../vault/replica-vault.ts';
import type { ConsoleContext } from './console-context.ts';
import { failed, failedWith, passed } from './prerequisites-outcome.ts';

const name = 'No other replication';

/** Whether this installation, another one or another product replicates the VM already. */
export const checkRelationship = async (
  context: ConsoleContext,
  vm: HostVm,
  disks: readonly HostDisk[],
  vault: ReplicaVault | null,
): Promise<PrerequisiteCheck> => {
  const own = context.store.protections.get(vm.id);
  if (own !== null) {
    const detail = `The VM is protected here already, into the vault "${own.vaultName}".`;
    const fix = 'End that protection first to change its vault.';
    return failed(name, 'VM_ALREADY_PROTECTED', detail, fix, { vm: vm.name });
  }
  return (await foreignReplica(context, vm, vault)) ?? foreignLog(vm, disks);
};

/** Whether a disk to be added to a protection is replicated by something else already. */
export const checkAddedDisks = (vm: HostVm, disks: readonly HostDisk[]): PrerequisiteCheck =>
  foreignLog(vm, disks);

const foreignReplica = async (
  { installation }: ConsoleContext,
  vm: HostVm,
  vault: ReplicaVault | null,
): Promise<PrerequisiteCheck | null> => {
  if (vault === null) return null;
  try {
    const writer = (await vault.listVms()).find(({ vmId }) => vmId === vm.id)?.writer;
    if (writer === undefined || writer.installationId === installation.installationId) return null;
    const detail = `The installation on ${writer.name} replicates the VM into this vault.`;
    const fix = 'End the protection there, or choose another vault.';
    return failed(name, 'VAULT_IN_USE', detail, fix, { vm: vm.name, file: vault.target });
  } catch (error) {
    return failedWith(name, ReplicationError.from(error).forVm(vm.name).toReport());
  }
};

/** A log beside a disk belongs to a relationship, and there is none here that it could be. */
const foreignLog = (vm: HostVm, disks: readonly HostDisk[]): PrerequisiteCheck => {
  try {
    for (const { rootPath } of disks) {
      const { active, sealed } = listLogs(rootPath);
      const path = active?.path ?? sealed[0]?.path;
      if (path === undefined) continue;
      const fix = `End the protection that writes it; when there is none any more, delete ${path}.` as const;
      return failed(name, 'HRL_FOREIGN', `${path} is ${ownerOf(path)}.`, fix, { vm: vm.name, file: path });
    }
  } catch (error) {
    return failedWith(name, ReplicationError.from(error).forVm(vm.name).toReport());
  }
  return passed(name, 'Neither a replica of another installation nor logs beside the disks.');
};

const ownerOf = (path: string): string => {
  try {
    const file = LogFile.open(path, 'r');
    const { lineage } = file.header;
    file.close();
    return `a log of another replication (${lineage})`;
  } catch {
    // Hyper-V's own logs carry the same name.
    return 'the log of another product, or a damaged one';
  }
};
