import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';

type Disk = Pick<ProtectedDiskRecord, 'excluded' | 'marked'>;

/** Whether a disk is neither tracked nor sent: it waits to be resynchronized alone, or for its first copy. */
export const isMarked = ({ excluded, marked }: Disk): boolean =>
  !excluded && marked !== undefined && marked !== null;

/** Whether a disk was included after the VM's first copy and has no replica yet: the VM's points are whole without it. */
export const isJoining = (disk: Disk): boolean => isMarked(disk) && disk.marked?.joins === true;

/** Whether a VM is marked for nothing but the first copies of disks that were included. */
export const onlyJoins = (vm: Pick<ProtectionRecord, 'resync'>, disks: readonly Disk[]): boolean => {
  if (vm.resync?.scope !== 'disks') return false;
  const marked = disks.filter(isMarked);
  return marked.length > 0 && marked.every(isJoining);
};
