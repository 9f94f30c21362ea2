import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck, ProtectReport } from '../../contract/reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { volumeSpace } from '../platform/volume.ts';
import { vaultDisk } from '../replication/vault-entry.ts';
import { thresholdShare } from '../replication/vm-tracking.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';
import { vmStatus } from './vm-status.ts';

const defaultRetentionPoints = 24;

type ProtectParams = CheckedParams<'protect'>;

/**
 * Enable protection: the prerequisites one by one, then the relationship here and at the vault, then initial
 * replication as a job. Asking again for the same thing before initial replication is complete answers with its job,
 * and lets it go on where it was paused, cancelled or failed.
 */
export const protect = async (context: ConsoleContext, params: ProtectParams): Promise<ProtectReport> => {
  const vm = await context.hostKeeper.find(params.vm);
  const protection = () => (params.checkOnly ? null : context.store.protections.get(vm.id));
  const existing = protection();
  if (existing !== null) return alreadyProtected(context, existing, params);
  const excluded = chooseExcluded(vm, params.exclude);
  const disks = vm.disks.filter((disk) => !excluded.has(disk.id));
  const checks = await checkPrerequisites(context, vm, disks, params.vault);
  const failed = checks.filter(({ passed }) => !passed);
  if (params.checkOnly) return { vm: vm.name, checks, status: null, job: null };
  if (failed[0] !== undefined) await throwFirstFailure(context, vm, failed[0], params.vault);
  const record = newProtection(context, vm, params);
  await context.vaults.with(params.vault, (vault) =>
    vault.saveVm({
      vmId: vm.id,
      name: vm.name,
      generation: vm.generation,
      disks: disks.map((disk) => vaultDisk(diskRecord(vm, disk, false), disk)),
      frequencySeconds: record.frequencySeconds,
      retentionPoints: record.retentionPoints,
      protectedAtMs: record.protectedAtMs,
      writer: context.installation,
    }),
  );
  // Somebody else asked for it at the same time.
  const rival = protection();
  if (rival !== null) return alreadyProtected(context, rival, params);
  context.store.transaction(() => {
    context.store.protections.put(record);
    for (const disk of vm.disks)
      context.store.protectedDisks.put(diskRecord(vm, disk, excluded.has(disk.id)));
  });
  const steps = [...disks.map((disk) => `Copy ${disk.name}`), 'Finalize protection'];
  const job = context.jobs.create('initial', vm.id, vm.name, steps);
  context.events.info(`Protection of ${vm.name} was enabled into the vault "${params.vault}".`, {
    vmId: vm.id,
    vm: vm.name,
  });
  context.engine.added(vm.id);
  context.statusChanged(vm.id);
  return { vm: vm.name, checks, status: await vmStatus(context, vm.id), job: job.report };
};

const alreadyProtected = async (
  context: ConsoleContext,
  existing: ProtectionRecord,
  params: ProtectParams,
): Promise<ProtectReport> => {
  if (existing.committedCut !== 0 || existing.vaultName !== params.vault) {
    const text = `${existing.name} is protected already, into the vault "${existing.vaultName}".`;
    throw new ReplicationError('VM_ALREADY_PROTECTED', text, { vm: existing.name });
  }
  const job = context.engine.replicator(existing.vmId).askForInitial();
  return { vm: existing.name, checks: [], status: await vmStatus(context, existing.vmId), job: job.report };
};

/** @throws DISK_NOT_IN_VM, DISK_IS_OS */
const chooseExcluded = (vm: HostVm, keys: readonly string[]): Set<string> => {
  const excluded = new Set<string>();
  for (const key of keys) {
    const disk = vm.disks.find(({ id, name }) => id === key || name.toLowerCase() === key.toLowerCase());
    if (disk === undefined) {
      const names = vm.disks.map(({ name }) => name).join(', ');
      throw new ReplicationError('DISK_NOT_IN_VM', `${vm.name} has no disk "${key}"; it has ${names}.`, {
        vm: vm.name,
      });
    }
    if (disk.isOperatingSystem) {
      throw new ReplicationError('DISK_IS_OS', `${disk.name} is the operating system disk of ${vm.name}.`, {
        vm: vm.name,
        file: disk.path,
      });
    }
    excluded.add(disk.id);
  }
  return excluded;
};

const checkPrerequisites = async (
  context: ConsoleContext,
  vm: HostVm,
  disks: readonly HostDisk[],
  vaultName: string,
): Promise<PrerequisiteCheck[]> => {
  const checks: PrerequisiteCheck[] = [];
  checks.push({
    name: 'The VM has disks',
    passed: disks.length > 0,
    detail: disks.length === 1 ? '1 disk' : `${disks.length} disks`,
  });
  for (const problem of vm.problems)
    checks.push({ name: 'Disk files are sound', passed: false, detail: problem.message });
  for (const directory of new Set(disks.map(({ rootPath }) => dirname(rootPath)))) {
    checks.push(await checkLogDirectory(directory, disks));
  }
  for (const { right, passed, detail } of (await context.vaults.check(vaultName)).checks) {
    checks.push({ name: `Vault: ${right}`, passed, detail });
  }
  return checks;
};

/** The replication log grows beside the disk, up to half its size. */
const checkLogDirectory = async (
  directory: string,
  disks: readonly HostDisk[],
): Promise<PrerequisiteCheck> => {
  const name = `Log space in ${directory}`;
  try {
    await access(directory, constants.W_OK);
  } catch {
    return {
      name,
      passed: false,
      detail: 'The folder is not writable for the account that runs the engine.',
    };
  }
  const { freeBytes } = await volumeSpace(directory);
  const logs = disks.filter(({ rootPath }) => dirname(rootPath) === directory);
  const most = logs.reduce((sum, { sizeBytes }) => sum + sizeBytes * thresholdShare, 0);
  const detail = `${formatGigabytes(freeBytes)} free; the logs may take up to ${formatGigabytes(most)} before a resynchronization is due`;
  return { name, passed: true, detail };
};

const formatGigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;

const throwFirstFailure = async (
  context: ConsoleContext,
  vm: HostVm,
  failed: PrerequisiteCheck,
  vaultName: string,
): Promise<never> => {
  const problem = vm.problems.find(({ message }) => message === failed.detail);
  if (problem !== undefined) throw ReplicationError.fromReport({ ...problem, vm: vm.name });
  if (failed.name === 'The VM has disks') {
    throw new ReplicationError('VM_NO_DISKS', `${vm.name} has no disk to protect.`, { vm: vm.name });
  }
  // A vault that cannot be reached says itself why, and whether trying again may help.
  await context.vaults.with(vaultName, (vault) => vault.info());
  const code = failed.name.startsWith('Vault') ? 'VAULT_ACCESS_DENIED' : 'DISK_ACCESS_DENIED';
  throw new ReplicationError(code, `${failed.name}: ${failed.detail}`, { vm: vm.name });
};

const newProtection = (context: ConsoleContext, vm: HostVm, params: ProtectParams): ProtectionRecord => ({
  vmId: vm.id,
  name: vm.name,
  path: vm.path,
  vaultName: params.vault,
  frequencySeconds: params.frequencySeconds,
  retentionPoints: params.retentionPoints ?? defaultRetentionPoints,
  state: 'WaitingForInitialReplication',
  pausedAtMs: null,
  protectedAtMs: context.clock.now(),
  cut: 0,
  committedCut: 0,
  lastSyncAtMs: null,
  committedConsistency: null,
  unsent: null,
  shipment: null,
  direct: null,
  nextSequence: 1,
  lastCycle: null,
  nextCycleAtMs: null,
  retry: null,
  error: null,
  resync: null,
});

const diskRecord = (vm: HostVm, disk: HostDisk, excluded: boolean): ProtectedDiskRecord => ({
  vmId: vm.id,
  diskId: disk.id,
  name: disk.name,
  path: disk.path,
  rootPath: disk.rootPath,
  sizeBytes: disk.sizeBytes,
  sectorBytes: disk.logicalSectorBytes,
  format: disk.format,
  isOs: disk.isOperatingSystem,
  excluded,
  lineage: null,
  phase: 'pending',
  logBaseCut: 0,
  initialStamps: null,
  lastScan: null,
  hrl: { bytes: 0, degraded: null },
});
