import { basename } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { stampFileAsync } from '../platform/file-stamp.ts';
import type { ConsoleContext } from './console-context.ts';
import { failed, failedWith } from './prerequisites-outcome.ts';

const name = 'Disk files of its own';

/**
 * Whether a disk's file is also one of another protected VM: the same file by a hard link, or by a link within the host
 * folder. Two protections of one file would each take the other's changes for their own. What is only read by both, the
 * parent of a chain that lies elsewhere, may be shared.
 */
export const checkOwnFiles = async (
  context: ConsoleContext,
  vm: HostVm,
  disks: readonly HostDisk[],
): Promise<PrerequisiteCheck[]> => {
  try {
    const owners = await ownersOf(context, vm.id);
    for (const disk of disks) {
      for (const identity of await identitiesOf(disk)) {
        const owner = owners.get(identity);
        if (owner === undefined) continue;
        const detail = `${disk.path} is the same file as ${owner.path}, which is protected as a disk of ${owner.vm}.`;
        const fix = `Exclude ${basename(disk.rootPath)}, or give ${vm.name} a disk file of its own.` as const;
        return [failed(name, 'DISK_SHARED', detail, fix, { vm: vm.name, file: disk.path })];
      }
    }
    return [];
  } catch (error) {
    return [failedWith(name, ReplicationError.from(error).forVm(vm.name).toReport())];
  }
};

interface Owner {
  readonly vm: string;
  readonly path: string;
}

/** The files of the disks that other VMs of this host are protected with, by the file's identity. */
const ownersOf = async (
  { store, hostKeeper }: ConsoleContext,
  vmId: string,
): Promise<ReadonlyMap<string, Owner>> => {
  const owners = new Map<string, Owner>();
  for (const vm of await hostKeeper.host().listVms()) {
    if (vm.id === vmId || store.protections.get(vm.id) === null) continue;
    const records = store.protectedDisks.list(vm.id).filter(({ excluded }) => !excluded);
    const ids = new Set(records.map(({ hostDiskId, diskId }) => hostDiskId ?? diskId));
    for (const disk of vm.disks.filter(({ id }) => ids.has(id))) {
      for (const identity of await identitiesOf(disk)) owners.set(identity, { vm: vm.name, path: disk.path });
    }
  }
  return owners;
};

const identitiesOf = async ({ rootPath, path }: HostDisk): Promise<ReadonlySet<string>> => {
  const identities = new Set<string>();
  for (const file of new Set([rootPath, path])) {
    const { device, inode } = await stampFileAsync(file);
    identities.add(`${device}:${inode}`);
  }
  return identities;
};
