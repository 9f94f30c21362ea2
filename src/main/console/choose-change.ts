import { ReplicationError } from '../../contract/errors.ts';
import type { HostDisk, HostVm, UnreadableDisk } from '../host/host.ts';
import { findUnprotected } from '../replication/tracking/unprotected-disks.ts';
import type { ProtectedDiskRecord } from '../store/records.ts';
import { namedBy } from './named-by.ts';

/** What is to become of the disks of a protected VM. */
export interface DiskChange {
  /** To be copied for the first time, then replicated. */
  readonly include: readonly HostDisk[];
  /** Not replicated so far: noted as left out. */
  readonly note: readonly (HostDisk | UnreadableDisk)[];
  /** Replicated so far. */
  readonly end: readonly ProtectedDiskRecord[];
}

interface Choice {
  readonly id: string;
  readonly name: string;
  readonly host: HostDisk | UnreadableDisk | null;
  readonly record: ProtectedDiskRecord | null;
}

/**
 * @param include disk names or ids, as `exclude`
 * @throws DISK_NOT_IN_VM, DISK_IS_OS, STATE_INVALID for what is so already, and why a disk to be included cannot be read
 */
export const chooseChange = (
  vm: HostVm,
  records: readonly ProtectedDiskRecord[],
  { include, exclude }: { readonly include: readonly string[]; readonly exclude: readonly string[] },
): DiskChange => {
  const choices = choicesOf(vm, records);
  const excluded = unique(exclude.map((key) => find(vm, choices, key)));
  return {
    include: unique(include.map((key) => find(vm, choices, key))).map((choice) => toInclude(vm, choice)),
    note: excluded.flatMap(({ record, host }) => (record === null && host !== null ? [host] : [])),
    end: excluded.flatMap(({ record }) => (record === null ? [] : [toEnd(vm, record)])),
  };
};

/** Every disk once: those nobody has decided about, then those with a record, wherever the host shows them now. */
const choicesOf = (vm: HostVm, records: readonly ProtectedDiskRecord[]): readonly Choice[] => {
  const shown = [...vm.disks, ...vm.unreadable];
  const unprotected = new Set(findUnprotected(vm, records).map(({ id }) => id));
  const undecided = shown
    .filter(({ id }) => unprotected.has(id))
    .map((host): Choice => ({ id: host.id, name: host.name, host, record: null }));
  const decided = records.map((record): Choice => {
    const { diskId, name } = record;
    const hostId = record.hostDiskId ?? diskId;
    const inPlace = shown.find((disk) => disk.name === name && !unprotected.has(disk.id));
    return { id: diskId, name, record, host: shown.find((disk) => disk.id === hostId) ?? inPlace ?? null };
  });
  // A placeholder of what could not be read stands back behind the disk that can be.
  const isShadowed = ({ name, host }: Choice) => host === null && undecided.some((one) => one.name === name);
  return [...undecided, ...decided.filter((choice) => !isShadowed(choice))];
};

const find = (vm: HostVm, choices: readonly Choice[], key: string): Choice => {
  const [found, ...others] = namedBy(key, choices, (choice) => choice);
  if (found !== undefined && others.length === 0) return found;
  const names = choices.map(({ name }) => name).join(', ') || 'none';
  const text =
    found === undefined
      ? `${vm.name} has no disk "${key}"; it has ${names}.`
      : `${vm.name} has several disks "${key}"; name one by its id: ${[found, ...others].map(({ id }) => id).join(', ')}.`;
  throw new ReplicationError('DISK_NOT_IN_VM', text, { vm: vm.name });
};

const toInclude = (vm: HostVm, { record, host, name }: Choice): HostDisk => {
  if (record?.excluded === false)
    throw new ReplicationError('STATE_INVALID', `${name} of ${vm.name} is replicated already.`, {
      vm: vm.name,
    });
  if (host === null)
    throw new ReplicationError('DISK_NOT_FOUND', `${name} of ${vm.name} is not there.`, { vm: vm.name });
  if ('error' in host) throw ReplicationError.fromReport(host.error).forVm(vm.name);
  return host;
};

const toEnd = (vm: HostVm, record: ProtectedDiskRecord): ProtectedDiskRecord => {
  const { name, path } = record;
  if (record.isOs) {
    const text = `${name} is the operating system disk of ${vm.name}.`;
    throw new ReplicationError('DISK_IS_OS', text, { vm: vm.name, file: path });
  }
  if (record.excluded)
    throw new ReplicationError('STATE_INVALID', `${name} of ${vm.name} is left out already.`, {
      vm: vm.name,
    });
  return record;
};

const unique = (choices: readonly Choice[]): readonly Choice[] => [...new Set(choices)];
