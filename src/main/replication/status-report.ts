import { errorCatalogue } from '../../contract/errors.ts';
import { replicationStates } from '../../contract/model.ts';
import type { DiskStatus, ResyncStatus, VmStatus } from '../../contract/reports.ts';
import type { HostVm } from '../host/host.ts';
import { activeLogPath } from '../hrl/rotation.ts';
import type { Clock } from '../platform/clock.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { type HealthFacts, judgeHealth } from './health.ts';
import { bitmapBytes } from './log-room.ts';
import { stateOf } from './plan.ts';
import type { VmReplicator } from './vm-replicator.ts';
import { thresholdShare } from './vm-tracking.ts';

/** Health is judged over the last 12 hours (replication-rules.md, Health). */
const monitoringIntervalMs = 12 * 3_600_000;

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The status of a protected VM, from its records and what runs now. */
export const protectedVmStatus = (
  store: Store,
  clock: Clock,
  record: ProtectionRecord,
  replicator: VmReplicator | null,
  replicaLocations: ReadonlyMap<string, string>,
): VmStatus => {
  const nowMs = clock.now();
  const disks = store.protectedDisks.list(record.vmId);
  const state = stateOf(record, disks, replicator?.isResynchronizing ?? false);
  const { health, reasons } = judgeHealth(record, {
    nowMs,
    ...recentCycles(store, record.vmId, nowMs),
    unlogged: unloggedDisks(disks),
  });
  return {
    id: record.vmId,
    name: record.name,
    path: record.path,
    protected: true,
    state,
    stateNumber: replicationStates[state],
    health,
    healthReasons: reasons,
    vault: record.vaultName,
    frequencySeconds: record.frequencySeconds,
    rpoSeconds:
      record.lastSyncAtMs === null ? null : Math.max(0, Math.round((nowMs - record.lastSyncAtMs) / 1000)),
    lastSyncAt: iso(record.lastSyncAtMs),
    nextCycleAt: iso(record.nextCycleAtMs),
    paused: record.pausedAtMs !== null,
    activity: replicator?.activity ?? null,
    retry:
      record.retry === null
        ? null
        : {
            attempts: record.retry.attempts,
            firstFailureAt: new Date(record.retry.firstFailureAtMs).toISOString(),
            nextAttemptAt: new Date(record.retry.nextAttemptAtMs).toISOString(),
            lastError: record.retry.lastError,
          },
    resync: resyncStatus(record),
    lastCycle: record.lastCycle,
    disks: disks.map((disk) =>
      diskStatus(record, disk, replicator, replicaLocations.get(disk.diskId) ?? null),
    ),
  };
};

const diskStatus = (
  vm: ProtectionRecord,
  disk: ProtectedDiskRecord,
  replicator: VmReplicator | null,
  replica: string | null,
): DiskStatus => ({
  id: disk.diskId,
  name: disk.name,
  path: disk.path,
  format: disk.format,
  sizeBytes: disk.sizeBytes,
  replica: disk.excluded ? null : replica,
  excluded: disk.excluded,
  hrl: {
    path: disk.excluded ? null : activeLogPath(disk.rootPath),
    bytes: disk.hrl.bytes,
    thresholdBytes: Math.floor(disk.sizeBytes * thresholdShare),
    degraded:
      disk.hrl.degraded === null
        ? null
        : {
            since: new Date(disk.hrl.degraded.sinceMs).toISOString(),
            changedBytes: bitmapBytes(disk),
          },
  },
  progress: replicator?.progressOf(disk.diskId) ?? null,
  error: vm.error !== null && vm.error.file === disk.path ? vm.error : null,
});

const resyncStatus = ({ resync }: ProtectionRecord): ResyncStatus | null =>
  resync === null
    ? null
    : {
        code: resync.code,
        cause: resync.message,
        since: new Date(resync.sinceMs).toISOString(),
        prevention: errorCatalogue[resync.code].nextStep,
      };

const unloggedDisks = (disks: readonly ProtectedDiskRecord[]): HealthFacts['unlogged'] =>
  disks.flatMap((disk) =>
    disk.excluded || disk.hrl.degraded === null
      ? []
      : [{ disk: disk.name, sinceMs: disk.hrl.degraded.sinceMs, changedBytes: bitmapBytes(disk) }],
  );

const recentCycles = (store: Store, vmId: string, nowMs: number) => {
  const recent = store.cycles
    .list({ vmId, limit: 200 })
    .filter(({ endedAtMs }) => endedAtMs > nowMs - monitoringIntervalMs);
  return {
    cyclesDue: recent.length,
    cyclesMissed: recent.filter(({ outcome }) => outcome !== 'succeeded').length,
  };
};

/** The status of a VM that is not protected. */
export const unprotectedVmStatus = (vm: HostVm): VmStatus => ({
  id: vm.id,
  name: vm.name,
  path: vm.path,
  protected: false,
  state: 'Disabled',
  stateNumber: replicationStates.Disabled,
  health: 'Normal',
  healthReasons: [],
  vault: null,
  frequencySeconds: null,
  rpoSeconds: null,
  lastSyncAt: null,
  nextCycleAt: null,
  paused: false,
  activity: null,
  retry: null,
  resync: null,
  lastCycle: null,
  disks: vm.disks.map((disk) => ({
    id: disk.id,
    name: disk.name,
    path: disk.path,
    format: disk.format,
    sizeBytes: disk.sizeBytes,
    replica: null,
    excluded: false,
    hrl: {
      path: null,
      bytes: 0,
      thresholdBytes: Math.floor(disk.sizeBytes * thresholdShare),
      degraded: null,
    },
    progress: null,
    error: null,
  })),
});
