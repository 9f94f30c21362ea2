import { ReplicationError } from '../../contract/errors.ts';
import type { HostDisk, HostVm, UnreadableDisk } from '../host/host.ts';
import { namedBy } from './named-by.ts';

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
  const [found, ...others] = namedBy(key, all, (disk) => disk);
  if (found !== undefined && others.length === 0) return found;
  const names = all.map(({ name }) => name).join(', ') || 'none';
  const text =
    found === undefined
      ? `${vm.name} has no disk "${key}"; it has ${names}.`
      : `${vm.name} has several disks "${key}"; name one by its id: ${[found, ...others].map(({ id }) => id).join(', ')}.`;
  throw new ReplicationError('DISK_NOT_IN_VM', text, { vm: vm.name });
};
