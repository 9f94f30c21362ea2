import { join } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { VmSummary } from '../../contract/host-reports.ts';
import type { HostHealth, StatusReport, VmStatus } from '../../contract/reports.ts';
import type { HostVm } from '../host/host.ts';
import { healthOf, protectedVmStatus, unprotectedVmStatus } from '../replication/reports/status-report.ts';
import { nextWindow } from '../replication/resync/resync-status.ts';
import { findUnprotected } from '../replication/tracking/unprotected-disks.ts';
import type { ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';
import { namedBy } from './named-by.ts';
import { rebuiltNotice } from './rebuild-store.ts';

const badness = { Critical: 0, Warning: 1, Normal: 2 } as const;

/** A protected VM by id or name. @throws VM_NOT_PROTECTED, VM_AMBIGUOUS */
export const findProtected = (context: ConsoleContext, key: string): ProtectionRecord => {
  const named = namedBy(key, context.store.protections.list(), ({ vmId, name }) => ({ id: vmId, name }));
  if (named.length > 1) {
    throw new ReplicationError('VM_AMBIGUOUS', `${named.length} protected VMs are called ${key}.`, {
      vm: key,
    });
  }
  if (named[0] === undefined) {
    throw new ReplicationError('VM_NOT_PROTECTED', `No protected VM is called "${key}".`, { vm: key });
  }
  return named[0];
};

/** Status of a protected VM by id. */
export const vmStatus = async (context: ConsoleContext, vmId: string): Promise<VmStatus> => {
  const record = context.store.protections.get(vmId);
  if (record === null) throw new ReplicationError('VM_NOT_PROTECTED', 'The VM is not protected.');
  const locations = await context.replicaLocations(vmId);
  return protectedVmStatus(context, record, context.engine.peek(vmId), locations);
};

/** The worst health of the protected VMs, with their reasons. */
export const healthOfHost = (context: ConsoleContext): HostHealth => {
  const judged = context.store.protections
    .list()
    .map((vm) => ({ vm, ...healthOf(context, vm) }))
    .sort((a, b) => badness[a.health] - badness[b.health] || a.vm.name.localeCompare(b.vm.name));
  return {
    health: judged[0]?.health ?? 'Normal',
    reasons: judged.flatMap(({ vm, reasons }) =>
      reasons.map((reason) => ({ ...reason, vmId: vm.vmId, vm: vm.name })),
    ),
  };
};

/** Every protected VM, worst first; or the one named, protected or not. */
export const statusReport = async (
  context: ConsoleContext,
  key: string | undefined,
): Promise<StatusReport> => {
  const host = context.hostKeeper.root;
  const engineRunning = context.engine.isStarted;
  const hostHealth = healthOfHost(context);
  const nowMs = context.clock.now();
  const nextWindowAt = nextWindow(context.settings.get('resyncWindow'), nowMs);
  const site = {
    host,
    engineRunning,
    hostHealth,
    nextWindowAt,
    ...rebuiltNotice(context.store, nowMs),
  };
  if (key === undefined) {
    const known = context.store.protections.list();
    const vms = await Promise.all(known.map(({ vmId }) => vmStatus(context, vmId)));
    vms.sort((a, b) => badness[a.health] - badness[b.health] || a.name.localeCompare(b.name));
    return { ...site, vms };
  }
  try {
    return {
      ...site,
      vms: [await vmStatus(context, findProtected(context, key).vmId)],
    };
  } catch (error) {
    if (!(error instanceof ReplicationError && error.code === 'VM_NOT_PROTECTED')) throw error;
    return {
      ...site,
      vms: [unprotectedVmStatus(await context.hostKeeper.find(key))],
    };
  }
};

export const vmSummary = async (context: ConsoleContext, vm: HostVm): Promise<VmSummary> => {
  const record = context.store.protections.get(vm.id);
  const status = record === null ? null : await vmStatus(context, vm.id);
  return {
    id: vm.id,
    name: vm.name,
    path: vm.path,
    generation: vm.generation,
    protected: record !== null,
    vault: record?.vaultName ?? null,
    state: status?.state ?? 'Disabled',
    health: status?.health ?? null,
    sizeBytes: vm.disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    disks: vm.disks.map(
      ({ id, name, path, format, kind, sizeBytes, logicalSectorBytes, isOperatingSystem, files }) => ({
        id,
        name,
        path,
        format,
        kind,
        sizeBytes,
        logicalSectorBytes,
        isOperatingSystem,
        files,
      }),
    ),
    unreadable: vm.unreadable,
    ...(record === null ? {} : undecidedDisks(context, vm)),
    problems: vm.problems,
  };
};

/** The disks of a protected VM that are not replicated, as the host shows them now. */
const undecidedDisks = (
  { store }: ConsoleContext,
  vm: HostVm,
): Pick<VmSummary, 'unprotectedIds' | 'excludedIds'> => {
  const records = store.protectedDisks.list(vm.id);
  const unprotectedIds = findUnprotected(vm, records).map(({ id }) => id);
  const included = records.filter(({ excluded }) => !excluded).map((disk) => disk.hostDiskId ?? disk.diskId);
  const excludedIds = [...vm.disks, ...vm.unreadable]
    .map(({ id }) => id)
    .filter((id) => !included.includes(id) && !unprotectedIds.includes(id));
  return {
    ...(unprotectedIds.length === 0 ? {} : { unprotectedIds }),
    ...(excludedIds.length === 0 ? {} : { excludedIds }),
  };
};

/** Where a VM's tracking state lies. */
export const trackingPath = (trackingDirectory: string, vmId: string): string =>
  join(trackingDirectory, vmId);
