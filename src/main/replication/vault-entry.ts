import type { HostDisk, HostVm } from '../host/host.ts';
import type { ProtectedDiskRecord } from '../store/records.ts';
import { openAnsweringVault } from '../vault/open-vault.ts';
import type { ReplicaDiskState, VaultDisk } from '../vault/replica-vault.ts';
import type { EngineContext } from './engine-context.ts';
import { isJoining } from './marked-disk.ts';
import type { FoundDisk, ProtectedVm } from './protected-vm.ts';

/**
 * Brings the vault's catalogue entry of a VM up to date (names, sizes; the whole entry where it was lost) and says where
 * its replicas stand. A disk that was not found stays in it as it was known.
 * A disk whose first copy is not complete is in it as one that joins, until `admits` says that it is complete.
 * @param change `admits`: the disks found that join have their replicas; `leaving`: ids of disks that are to be no more in it
 * @throws VAULT_*; VAULT_IN_USE when another installation is the VM's writer
 */
export const registerAtVault = async (
  engine: EngineContext,
  vm: ProtectedVm,
  found: { readonly vm: HostVm; readonly disks: readonly FoundDisk[] },
  { admits = false, leaving = [] }: { readonly admits?: boolean; readonly leaving?: readonly string[] } = {},
): Promise<ReadonlyMap<string, ReplicaDiskState>> => {
  const { vmId, record } = vm;
  const isStaying = ({ diskId }: ProtectedDiskRecord) => !leaving.includes(diskId);
  const vault = await openAnsweringVault(vm.vaultSpec());
  try {
    await vault.saveVm({
      vmId,
      name: record.name,
      generation: found.vm.generation,
      disks: vm.includedDisks.filter(isStaying).map((disk) => {
        const now = found.disks.find(({ record: { diskId } }) => diskId === disk.diskId);
        const entry =
          now === undefined
            ? vaultDisk(disk, { logicalSectorBytes: disk.sectorBytes })
            : vaultDisk(now.record, now.host);
        return isJoining(disk) && !(admits && now !== undefined) ? { ...entry, joins: true } : entry;
      }),
      frequencySeconds: record.frequencySeconds,
      retentionPoints: record.retentionPoints,
      retentionHours: record.retentionHours ?? null,
      protectedAtMs: record.protectedAtMs,
      writer: engine.installation,
    });
    const reader = await vault.readVm(vmId);
    try {
      return new Map((await reader.diskStates()).map((state) => [state.diskId, state]));
    } finally {
      await reader.close();
    }
  } finally {
    await vault.close();
  }
};

/** A disk as the vault's catalogue keeps it. */
export const vaultDisk = (
  record: ProtectedDiskRecord,
  host: Pick<HostDisk, 'logicalSectorBytes'>,
): VaultDisk => ({
  diskId: record.diskId,
  name: record.name,
  sizeBytes: record.sizeBytes,
  logicalSectorBytes: host.logicalSectorBytes,
  sourceFormat: record.format,
  isOperatingSystem: record.isOs,
});
