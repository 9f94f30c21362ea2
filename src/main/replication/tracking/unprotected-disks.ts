import type { UnprotectedDisk } from '../../../contract/unprotected-disk.ts';
import type { HostVm } from '../../host/host.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { UnprotectedRecord } from '../../store/unprotected-record.ts';

/** A disk as it was found. */
export type FoundUnprotected = Omit<UnprotectedRecord, 'sinceMs'>;
type Known = Pick<ProtectedDiskRecord, 'diskId' | 'hostDiskId' | 'name' | 'excluded' | 'sizeBytes'>;

/**
 * The disks of a protected VM that nobody has decided about. Pure.
 *
 * | the host has a disk …                                          | it is                                   |
 * |----------------------------------------------------------------|-----------------------------------------|
 * | with the id of a protected or excluded one                     | known                                   |
 * | of the name of a protected or excluded one that is gone        | known: another file in its place        |
 * | of the name of one that was left out because it was unreadable | not protected, once it can be read      |
 * | else                                                           | not protected                           |
 */
export const findUnprotected = (
  vm: Pick<HostVm, 'disks' | 'unreadable'>,
  records: readonly Known[],
): readonly FoundUnprotected[] => {
  const present = new Set([...vm.disks, ...vm.unreadable].map(({ id }) => id));
  const idOf = ({ hostDiskId, diskId }: Known): string => hostDiskId ?? diskId;
  const known = new Set(records.map(idOf));
  const placeOf = (name: string): Known | undefined =>
    records.find((record) => !present.has(idOf(record)) && isNamed(record, name));
  const readable = vm.disks.flatMap(({ id, name, path, sizeBytes }): FoundUnprotected[] => {
    if (known.has(id)) return [];
    const place = placeOf(name);
    if (place !== undefined && !wasUnreadable(place)) return [];
    return [{ id, name, path, sizeBytes, cause: place === undefined ? 'added' : 'readable' }];
  });
  const unreadable = vm.unreadable.flatMap(({ id, name, path }): FoundUnprotected[] =>
    known.has(id) || placeOf(name) !== undefined
      ? []
      : [{ id, name, path, sizeBytes: 0, cause: 'unreadable' }],
  );
  return [...readable, ...unreadable];
};

/** A disk that was left out because nothing of it could be read, not even its size. */
export const wasUnreadable = ({ excluded, sizeBytes }: Pick<Known, 'excluded' | 'sizeBytes'>): boolean =>
  excluded && sizeBytes === 0;

export const isNamed = ({ name }: { readonly name: string }, other: string): boolean =>
  name.toLowerCase() === other.toLowerCase();

/** One sentence about a disk that is not protected. */
export const describeUnprotected = ({ name, cause }: Pick<FoundUnprotected, 'name' | 'cause'>): string => {
  switch (cause) {
    case 'added':
      return `${name} was added to the VM and is not replicated.`;
    case 'readable':
      return `${name} was left out because it could not be read; it can be read now and is not replicated.`;
    case 'unreadable':
      return `${name} was added to the VM, cannot be read and is not replicated.`;
  }
};

/** As a report shows it. */
export const unprotectedReport = ({ sinceMs, ...disk }: UnprotectedRecord): UnprotectedDisk => ({
  ...disk,
  since: new Date(sinceMs).toISOString(),
});
