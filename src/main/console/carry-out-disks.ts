import { ReplicationError } from '../../contract/errors.ts';
import type { DisksResult } from '../../contract/job-reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { HostDisk, HostVm, UnreadableDisk } from '../host/host.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import { leaveOut, unmarkDisks } from '../replication/resync/resync-marks.ts';
import { noticeDisks } from '../replication/tracking/notice-disks.ts';
import { wasUnreadable } from '../replication/tracking/unprotected-disks.ts';
import { registerAtVault } from '../replication/vault-entry.ts';
import type { VmReplicator } from '../replication/vm-replicator.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';
import { diskRecord, unknownDisk } from './disk-record.ts';
import { dropLogs } from './unprotect.ts';

type Params = CheckedParams<'protection.disks'>;

/** Steps of the job. */
export const excludeStep = 'Leave disks out' as const;
export const includeStep = 'Add disks to the protection' as const;

/**
 * Carries out the job. Each step may be done again after a crash, and does then only what is left:
 *
 * | a crash after …                        | leaves                                                                  |
 * |----------------------------------------|-------------------------------------------------------------------------|
 * | the vault's entry lost a disk          | the disk replicated on, in no new point, until this goes on             |
 * | the store has a disk as left out       | its logs and digests: removed when this goes on                         |
 * | the store has a disk as included       | its mark: the plan copies it, whether or not this goes on               |
 */
export const carryOutDisks = async (
  context: ConsoleContext,
  { vmId }: Pick<ProtectionRecord, 'vmId'>,
  { include, exclude }: Pick<Params, 'include' | 'exclude'>,
  job: Job,
): Promise<DisksResult> => {
  const replicator = context.engine.replicator(vmId);
  const vm = await context.hostKeeper.find(vmId);
  const shown = [...vm.disks, ...vm.unreadable];
  const isDecided = (id: string) => context.store.protectedDisks.get(vmId, id) !== null;
  if (exclude.length > 0) {
    await job.step(excludeStep, async () => {
      noteExcluded(
        context,
        vm,
        shown.filter(({ id }) => exclude.includes(id) && !isDecided(id)),
      );
      await endDisks(context, replicator, vm, exclude, job);
    });
  }
  const added = vm.disks.filter(({ id }) => include.includes(id));
  if (include.length > 0) {
    await job.step(includeStep, async () => {
      const missing = include.find((id) => !added.some((disk) => disk.id === id));
      if (missing !== undefined)
        throw new ReplicationError('DISK_NOT_IN_VM', `${vm.name} has no disk ${missing} any more.`, {
          vm: vm.name,
        });
      addDisks(context, vm, added);
    });
  }
  noticeDisks(context, vm);
  const { record, disks } = replicator.vm;
  const waits = include.length > 0 && record.resync?.scope === 'disks' && record.pausedAtMs === null;
  const copyJob = waits ? replicator.resynchronize().id : null;
  replicator.saveState();
  replicator.rescheduled();
  const namesOf = (ids: readonly string[]) =>
    disks.filter(({ diskId }) => ids.includes(diskId)).map(({ name }) => name);
  return {
    kind: 'disks',
    vm: record.name,
    included: namesOf(include),
    excluded: namesOf(exclude),
    copyJob,
  };
};

/** Disks that were never replicated: from here on that is as somebody wanted it. */
const noteExcluded = (
  context: ConsoleContext,
  vm: HostVm,
  disks: readonly (HostDisk | UnreadableDisk)[],
): void => {
  for (const disk of disks) {
    const host = 'error' in disk ? unknownDisk(disk) : disk;
    context.store.transaction(() => {
      forgetPlaceholders(context, vm, host);
      context.store.protectedDisks.put({ ...diskRecord(vm, host, true), isOs: false });
    });
    const text = `${disk.name} of ${vm.name} was left out: it is not replicated.`;
    context.events.info(text, { vmId: vm.id, vm: vm.name, disk: disk.name });
  }
};

/** What stands for a disk that could not be read, or for another file of its place, makes way for the disk itself. */
const forgetPlaceholders = ({ store }: ConsoleContext, vm: HostVm, { id, name }: HostDisk): void => {
  const present = new Set([...vm.disks, ...vm.unreadable].map((disk) => disk.id));
  for (const record of store.protectedDisks.list(vm.id)) {
    const { diskId, hostDiskId, excluded } = record;
    if (!excluded || diskId === id) continue;
    const isGone = wasUnreadable(record) || !present.has(hostDiskId ?? diskId);
    const isOfPlace = isGone && record.name.toLowerCase() === name.toLowerCase();
    if (isOfPlace || hostDiskId === id) store.protectedDisks.remove(vm.id, diskId);
  }
};

/** Ends the replication of disks. Their part in the points that there are stays as long as those do. */
const endDisks = async (
  context: ConsoleContext,
  replicator: VmReplicator,
  hostVm: HostVm,
  ids: readonly string[],
  job: Job,
): Promise<void> => {
  const { vm } = replicator;
  const { vmId } = vm;
  const { name } = vm.record;
  const work = async (): Promise<void> => {
    const ending = vm.includedDisks.filter(({ diskId }) => ids.includes(diskId));
    if (ending.length > 0) {
      replicator.refuseWhileResynchronizing('exclude a disk');
      const leaving = ending.map(({ diskId }) => diskId);
      await registerAtVault(context, vm, { vm: hostVm, disks: [] }, { leaving });
      context.store.transaction(() => {
        for (const { diskId } of ending) {
          leaveOut(vm, diskId, context.clock.now());
          vm.updateDisk(diskId, { excluded: true, marked: null, lastScan: null, initialStamps: null });
        }
        unmarkDisks(vm, leaving);
      });
    }
    for (const disk of vm.disks.filter(({ diskId }) => ids.includes(diskId))) {
      await dropLogs(context, disk.diskId, disk.rootPath);
      vm.dropSideFiles(disk.diskId);
      vm.prepareTable(disk.diskId);
    }
    for (const { name: disk } of ending) {
      const text = `${disk} of ${name} was excluded: it is not replicated any more, and recovery points from now on do not have it.`;
      context.events.info(text, { vmId, vm: name, disk });
    }
  };
  await replicator.withStillReplica(`Leaving out disks of ${name}`, work, job);
  // What kept the VM from going on may have been such a disk.
  if (vm.record.error !== null) replicator.retryNow();
};

/** From here on the disks are the protection's: marked for their first copy, which the plan begins at once. */
const addDisks = (context: ConsoleContext, vm: HostVm, added: readonly HostDisk[]): void => {
  const { store, clock, events } = context;
  const sinceMs = clock.now();
  const begun: HostDisk[] = [];
  store.transaction(() => {
    for (const disk of added) {
      const known = store.protectedDisks.get(vm.id, disk.id);
      if (known?.excluded === false) continue;
      forgetPlaceholders(context, vm, disk);
      const hasSystem = store.protectedDisks.list(vm.id).some(({ isOs, excluded }) => isOs && !excluded);
      const message = `${disk.name} was included and has no complete replica yet.`;
      store.protectedDisks.put({
        ...diskRecord(vm, disk, false),
        isOs: disk.isOperatingSystem && !hasSystem,
        ...formerReplica(known),
        marked: { code: 'DISK_NOT_PROTECTED', message, sinceMs, joins: true },
      });
      begun.push(disk);
      const record = store.protections.get(vm.id);
      if (record !== null)
        store.protections.put({
          ...record,
          resync: {
            code: 'DISK_NOT_PROTECTED',
            message,
            sinceMs,
            disk: disk.name,
            scope: 'disks',
            askedAtMs: sinceMs,
          },
        });
    }
  });
  for (const { name } of begun) {
    const text = `${name} was included in the protection of ${vm.name}: its first copy follows, and recovery points have it from then on.`;
    events.info(text, { vmId: vm.id, vm: vm.name, disk: name });
  }
};

/** A disk that was replicated before is compared with what the vault still has of it, if it has it. */
const formerReplica = (known: ProtectedDiskRecord | null): Partial<ProtectedDiskRecord> =>
  known?.phase === 'complete' ? { phase: known.phase, lineage: known.lineage } : {};
