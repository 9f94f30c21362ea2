import { ReplicationError } from '../../contract/errors.ts';
import type { ProtectReport } from '../../contract/reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { vaultDisk } from '../replication/vault-entry.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';
import { checkPrerequisites } from './prerequisites.ts';
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
  if (params.checkOnly) return { vm: vm.name, checks, status: null, job: null };
  // Somebody else asked for it at the same time.
  const earlier = protection();
  if (earlier !== null) return alreadyProtected(context, earlier, params);
  const refusal = checks.find(({ error }) => error !== null)?.error;
  if (refusal) throw ReplicationError.fromReport(refusal).forVm(vm.name);
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
