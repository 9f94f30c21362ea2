import type { HostVm } from '../../host/host.ts';
import type { UnprotectedRecord } from '../../store/unprotected-record.ts';
import type { EngineContext } from '../engine-context.ts';
import { describeUnprotected, type FoundUnprotected, findUnprotected, isNamed } from './unprotected-disks.ts';

/**
 * Notes which disks of a protected VM are not protected, as the host shows it now: each one that appears and each one
 * that is settled is told once, over restarts too.
 */
export const noticeDisks = (
  engine: Pick<EngineContext, 'store' | 'clock' | 'events' | 'lookAtHealth' | 'statusChanged'>,
  hostVm: HostVm,
): void => {
  const { store, clock, events } = engine;
  const vm = store.protections.get(hostVm.id);
  if (vm === null) return;
  const records = store.protectedDisks.list(vm.vmId);
  const before = vm.unprotected ?? [];
  const now = findUnprotected(hostVm, records).map((disk): UnprotectedRecord => {
    const known = before.find((one) => isSame(one, disk));
    return { ...disk, sinceMs: known?.sinceMs ?? clock.now() };
  });
  if (JSON.stringify(now) === JSON.stringify(before)) return;
  const { unprotected: _former, ...record } = vm;
  store.protections.put(now.length === 0 ? record : { ...record, unprotected: now });
  for (const disk of now.filter((one) => !before.some((known) => isSame(known, one)))) {
    const subject = { vmId: vm.vmId, vm: vm.name, disk: disk.name, code: 'DISK_NOT_PROTECTED' } as const;
    events.warning(`${describeUnprotected(disk)} ${waysOut(vm.name, disk)}`, subject);
  }
  for (const disk of before.filter((one) => !now.some((known) => isSame(known, one)))) {
    const settled = records.find(({ diskId }) => diskId === disk.id);
    const words =
      settled === undefined
        ? 'is not a disk of the VM any more'
        : settled.excluded
          ? 'is excluded'
          : 'is included';
    events.info(`${disk.name} of ${vm.name} ${words}: it is no longer warned of.`, {
      vmId: vm.vmId,
      vm: vm.name,
      disk: disk.name,
    });
  }
  engine.lookAtHealth(vm.vmId);
  engine.statusChanged(vm.vmId);
};

/** A disk has another id as soon as it can be read. */
const isSame = (one: FoundUnprotected, other: FoundUnprotected): boolean =>
  one.id === other.id ||
  ((one.cause === 'unreadable') !== (other.cause === 'unreadable') && isNamed(one, other.name));

const waysOut = (vm: string, { name, cause }: FoundUnprotected): string => {
  const command = `hvrc protection disks "${vm}"`;
  const exclude = `${command} --exclude "${name}"`;
  return cause === 'unreadable'
    ? `Mend it, or leave it out: ${exclude}`
    : `Include it: ${command} --include "${name}"; or leave it out: ${exclude}`;
};
