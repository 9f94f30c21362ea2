import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { StepText } from '../../contract/engine-phrases.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { RestoreResult } from '../../contract/job-reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { PointsReport } from '../../contract/vault-reports.ts';
import { diskErrorFrom } from '../disk/disk-error.ts';
import { elapsedMs } from '../platform/clock.ts';
import { createDirectory } from '../platform/create-directory.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import { allocatedBytesOf, requireRoom } from '../replication/require-room.ts';
import type { RecoveryPoint, ReplicaVault, VaultDisk, VaultVm } from '../vault/replica-vault.ts';
import type { ConsoleContext } from './console-context.ts';
import { namedBy } from './named-by.ts';

/** A VM in a vault: one that is protected here, or one that only the vault's catalogue knows. */
interface VaultedVm {
  readonly vaultName: string;
  readonly vmId: string;
}

/** @throws VM_NOT_FOUND, VM_AMBIGUOUS */
export const findInVaults = async (
  context: ConsoleContext,
  key: string,
  vaultName: string | undefined,
): Promise<VaultedVm> => {
  const labelsOf = ({ vmId, name }: { vmId: string; name: string }) => ({ id: vmId, name });
  const here = namedBy(
    key,
    context.store.protections.list().filter((record) => (vaultName ?? record.vaultName) === record.vaultName),
    labelsOf,
  );
  if (here[0] !== undefined && here.length === 1) return { vaultName: here[0].vaultName, vmId: here[0].vmId };
  const names = vaultName === undefined ? context.store.vaults.list().map(({ name }) => name) : [vaultName];
  const held: (VaultedVm & { readonly name: string })[] = [];
  let unreadable: ReplicationError | null = null;
  for (const name of names) {
    try {
      const vms = await context.vaults.with(name, (vault) => vault.listVms());
      held.push(...vms.map((vm) => ({ vaultName: name, vmId: vm.vmId, name: vm.name })));
    } catch (error) {
      // Another vault that is away must not keep the VM from being brought back from this one.
      unreadable = ReplicationError.from(error);
    }
  }
  const found = namedBy(key, held, labelsOf);
  if (found.length > 1) {
    throw new ReplicationError(
      'VM_AMBIGUOUS',
      `${found.length} VMs in the vaults are called ${key}; name one by its id.`,
      { vm: key },
    );
  }
  if (found[0] === undefined && unreadable !== null) throw unreadable;
  if (found[0] === undefined)
    throw new ReplicationError('VM_NOT_FOUND', `No vault holds a VM "${key}".`, { vm: key });
  return found[0];
};

export const pointsReport = async (
  context: ConsoleContext,
  { vaultName, vmId }: VaultedVm,
): Promise<PointsReport> =>
  context.vaults.with(vaultName, async (vault) => {
    const { vm, points } = await readPoints(vault, vmId);
    return {
      vmId,
      vm: vm.name,
      vault: vaultName,
      points: points.map((point) => ({
        id: point.id,
        takenAt: new Date(point.takenAtMs).toISOString(),
        consistency: point.consistency,
        sizeBytes: point.sizeBytes,
        ...otherDisks(vm, point),
      })),
    };
  });

/** The disks of a point: those that the VM had then, and it may have others now. */
const disksOf = ({ disks, formerDisks = [] }: VaultVm, { diskIds }: RecoveryPoint): readonly VaultDisk[] =>
  [...disks, ...formerDisks].filter(({ diskId }) => diskIds.includes(diskId));

/** Where a point has other disks than the VM has now, the names of those it has. */
const otherDisks = (vm: VaultVm, point: RecoveryPoint): { readonly disks?: readonly string[] } => {
  const had = disksOf(vm, point);
  const isSame = had.length === vm.disks.length && vm.disks.every((disk) => had.includes(disk));
  return isSame ? {} : { disks: had.map(({ name }) => name) };
};

const readPoints = async (vault: ReplicaVault, vmId: string) => {
  const reader = await vault.readVm(vmId);
  try {
    return { vm: reader.vm, points: await reader.points() };
  } finally {
    await reader.close();
  }
};

/** Carries out the job of a restore. A protected VM's replica stands still meanwhile. */
export const restoreJob = (
  context: ConsoleContext,
  params: CheckedParams<'restore'>,
  job: Job,
): Promise<RestoreResult> => {
  const { vmId } = job.record;
  const record = context.store.protections.get(vmId);
  const vaultName = params.vault ?? record?.vaultName;
  if (vaultName === undefined)
    throw new ReplicationError('VM_NOT_FOUND', `No vault is known to hold ${job.record.vm}.`);
  const restore = (signal: AbortSignal) => restoreVm(context, params, { vaultName, vmId }, job, signal);
  if (record === null || record.vaultName !== vaultName) return restore(job.signal);
  const activity = `Restoring ${record.name}` as const;
  return context.engine.replicator(vmId).withStillReplica(activity, ({ signal }) => restore(signal), job);
};

/** Writes the disks of a recovery point into new files and verifies each against the digests taken at the cut. */
const restoreVm = async (
  context: ConsoleContext,
  params: CheckedParams<'restore'>,
  vaulted: VaultedVm,
  job: Job,
  signal: AbortSignal,
): Promise<RestoreResult> => {
  const startedAtMs = context.clock.now();
  const spec = context.vaults.spec(vaulted.vaultName);
  const { vm, points } = await context.vaults.with(vaulted.vaultName, (vault) =>
    readPoints(vault, vaulted.vmId),
  );
  const point = choosePoint(vm, points, params.point);
  const isDone = (disk: VaultDisk) => job.isDone(stepOf(disk));
  const disks = disksOf(vm, point);
  const targets = await planFiles({ name: vm.name, disks }, params, isDone);
  const missing = disks.filter((disk) => !isDone(disk));
  await requireRoomToRestore(context, vaulted, missing, params.toDirectory);
  // Gone on with later, it is of the same point whatever came since.
  job.remember({ point: point.id });
  job.plan(disks.map((disk) => ({ name: stepOf(disk), weight: disk.sizeBytes })));
  const files: { disk: string; path: string; sizeBytes: number }[] = [];
  for (const { disk, path, format } of targets) {
    if (isDone(disk)) {
      files.push({ disk: disk.name, path, sizeBytes: disk.sizeBytes });
      continue;
    }
    await job.step(stepOf(disk), (progress) =>
      context.pool.run(
        'restore',
        {
          vault: spec,
          vmId: vaulted.vmId,
          diskId: disk.diskId,
          pointId: point.id,
          toPath: path,
          format,
          logicalSectorBytes: disk.logicalSectorBytes,
        },
        {
          signal,
          // Writing and verifying are halves of one step.
          onProgress: ({ phase, doneBytes, totalBytes }) =>
            progress((phase === 'verify' ? 0.5 : 0) + doneBytes / totalBytes / 2),
        },
      ),
    );
    files.push({ disk: disk.name, path, sizeBytes: disk.sizeBytes });
  }
  context.events.info(`${vm.name} was restored to ${params.toDirectory}.`, { vmId: vm.vmId, vm: vm.name });
  return {
    kind: 'restore',
    vm: vm.name,
    point: point.id,
    pointTakenAt: new Date(point.takenAtMs).toISOString(),
    consistency: point.consistency,
    files,
    verified: true,
    durationMs: elapsedMs(context.clock, startedAtMs),
  };
};

/** What a replica's file takes is about what a restored one does; of a storage account that is not known. */
const requireRoomToRestore = async (
  context: ConsoleContext,
  { vaultName, vmId }: VaultedVm,
  disks: readonly VaultDisk[],
  directory: string,
): Promise<void> => {
  if (context.vaults.spec(vaultName).kind !== 'directory') return;
  const states = await context.vaults.with(vaultName, (vault) => readStates(vault, vmId));
  let bytes = 0;
  for (const { diskId, sizeBytes } of disks) {
    const state = states.find((one) => one.diskId === diskId);
    if (state?.phase === 'complete') bytes += Math.min(sizeBytes, await allocatedBytesOf(state.location));
  }
  await requireRoom(context, directory, bytes, 'the restored disks');
};

const readStates = async (vault: ReplicaVault, vmId: string) => {
  const reader = await vault.readVm(vmId);
  try {
    return await reader.diskStates();
  } finally {
    await reader.close();
  }
};

const stepOf = ({ name }: VaultDisk): StepText => `Restore ${name}`;

const choosePoint = (
  vm: VaultVm,
  points: readonly RecoveryPoint[],
  id: string | undefined,
): RecoveryPoint => {
  const newest = points.at(-1);
  if (newest === undefined) {
    throw new ReplicationError('POINT_NOT_FOUND', `${vm.name} has no recovery point yet.`, { vm: vm.name });
  }
  if (id === undefined) return newest;
  const point = points.find((candidate) => candidate.id === id);
  if (point === undefined)
    throw new ReplicationError('POINT_NOT_FOUND', `${vm.name} has no recovery point "${id}".`, {
      vm: vm.name,
    });
  return point;
};

/** @throws DISK_WRITE_FAILED, DISK_ACCESS_DENIED, VOLUME_LOW_SPACE */
const createTarget = (directory: string): void => {
  try {
    createDirectory(directory);
  } catch (error) {
    throw diskErrorFrom(error, directory, 'write');
  }
};

const planFiles = async (
  vm: Pick<VaultVm, 'name' | 'disks'>,
  { toDirectory, format }: CheckedParams<'restore'>,
  isDone: (disk: VaultDisk) => boolean,
) => {
  if (format === 'raw') {
    throw new ReplicationError('INPUT_INVALID', 'format: a VM is restored as vhd or vhdx.', { vm: vm.name });
  }
  createTarget(toDirectory);
  const present = new Set((await readdir(toDirectory)).map((name) => name.toLowerCase()));
  const taken = new Set<string>();
  return vm.disks.map((disk) => {
    const chosen = format ?? restoredFormat(disk);
    const stem = basename(disk.name, extname(disk.name));
    let name = `${stem}.${chosen}`;
    for (let copy = 2; taken.has(name.toLowerCase()); copy += 1) name = `${stem}-${copy}.${chosen}`;
    taken.add(name.toLowerCase());
    if (present.has(name.toLowerCase()) && !isDone(disk)) {
      const path = join(toDirectory, name);
      throw new ReplicationError('RESTORE_TARGET_EXISTS', `${path} exists already; nothing was written.`, {
        vm: vm.name,
        file: path,
      });
    }
    return { disk, path: join(toDirectory, name), format: chosen };
  });
};

const largestVhdBytes = 2040 * 1024 ** 3;

/** The source's own format, except where a dynamic VHD cannot hold the disk. */
const restoredFormat = ({ sourceFormat, sizeBytes, logicalSectorBytes }: VaultDisk): 'vhd' | 'vhdx' =>
  sourceFormat === 'vhd' && sizeBytes <= largestVhdBytes && logicalSectorBytes === 512 ? 'vhd' : 'vhdx';
