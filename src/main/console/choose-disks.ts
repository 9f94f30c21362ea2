import { ReplicationError } from '../../contract/errors.ts';
import type { HostDisk, HostVm, UnreadableDisk } from '../host/host.ts';

/** A VM's disks as the one who protects it sorted them. */
export interface ChosenDisks {
  readonly included: readonly HostDisk[];
  readonly excluded: readonly HostDisk[];
  /** Those that cannot be read, and were excluded for it. */
  readonly leftOut: readonly UnreadableDisk[];
  /** Those that cannot be read, and were not: the VM cannot be protected. */
  readonly inTheWay: readonly UnreadableDisk[];
}

/**
 * @param exclude disk names or ids
 * @throws DISK_NOT_IN_VM, DISK_IS_OS
 */
export const chooseDisks = (vm: HostVm, exclude: readonly string[]): ChosenDisks => {
  const named = new Set(exclude.map((key) => findDisk(vm, key).id));
  const isNamed = ({ id }: { readonly id: string }) => named.has(id);
  const system = vm.disks.find((disk) => disk.isOperatingSystem && isNamed(disk));
  if (system !== undefined) {
    throw new ReplicationError('DISK_IS_OS', `${system.name} is the operating system disk of ${vm.name}.`, {
      vm: vm.name,
      file: system.path,
    });
  }
  return {
    included: vm.disks.filter((disk) => !isNamed(disk)),
    excluded: vm.disks.filter(isNamed),
    leftOut: vm.unreadable.filter(isNamed),
    inTheWay: vm.unreadable.filter((disk) => !isNamed(disk)),
  };
};

const findDisk = (vm: HostVm, key: string): HostDisk | UnreadableDisk => {
  const all = [...vm.disks, ...vm.unreadable];
  const found = all.find(({ id, name }) => id === key || name.toLowerCase() === key.toLowerCase());
  if (found !== undefined) return found;
  const names = all.map(({ name }) => name).join(', ') || 'none';
  throw new ReplicationError('DISK_NOT_IN_VM', `${vm.name} has no disk "${key}"; it has ${names}.`, {
    vm: vm.name,
  });
};
