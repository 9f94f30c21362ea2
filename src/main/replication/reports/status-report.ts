import { replicationStates } from '../../../contract/model.ts';
import type { DiskStatus, VmStatus } from '../../../contract/reports.ts';
import type { HostVm } from '../../host/host.ts';
import { activeLogPath } from '../../hrl/rotation.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../../store/records.ts';
import type { EngineContext } from '../engine-context.ts';
import { stateOf } from '../plan.ts';
import { resyncStatus } from '../resync/resync-status.ts';
import { bitmapBytes } from '../tracking/log-room.ts';
import { describeLogSize } from '../tracking/log-warnings.ts';
import { thresholdShare } from '../tracking/scan-into-log.ts';
import { unprotectedReport } from '../tracking/unprotected-disks.ts';
import type { VmReplicator } from '../vm-replicator.ts';
import { type HealthFacts, judgeHealth } from './health.ts';
import { rpoLimitSeconds, rpoSeconds } from './rpo.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export type StatusParts = Pick<
  EngineContext,
  'store' | 'clock' | 'settings' | 'statistics' | 'logGrowth' | 'signInEnds' | 'stumbles'
>;

/** The status of a protected VM, from its records and what runs now. */
export const protectedVmStatus = (
  parts: StatusParts,
  record: ProtectionRecord,
  replicator: VmReplicator | null,
  replicaLocations: ReadonlyMap<string, string>,
): VmStatus => {
  const { store, clock, settings, logGrowth } = parts;
  const nowMs = clock.now();
  const disks = store.protectedDisks.list(record.vmId);
  const state = stateOf(record, disks, replicator?.isResynchronizing ?? false);
  const resyncProgress = replicator?.comparison.progress() ?? null;
  const { health, reasons } = healthOf(parts, record, disks);
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
    retentionPoints: record.retentionPoints,
    retentionHours: record.retentionHours ?? null,
    uploadThreads: record.uploadThreads ?? null,
    rpoSeconds: rpoSeconds(record, nowMs),
    rpoLimitSeconds: rpoLimitSeconds(record.frequencySeconds, settings.get('monitoring')),
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
    resync: resyncStatus(record, disks, nowMs, settings.get('resyncWindow'), state === 'Resynchronizing'),
    ...(resyncProgress === null ? {} : { resyncProgress }),
    lastCycle: record.lastCycle,
    disks: disks.map((disk) =>
      diskStatus(record, disk, replicator, {
        replica: replicaLocations.get(disk.diskId) ?? null,
        thresholdAt: iso(logGrowth.thresholdAtMs(disk, disk.sizeBytes * thresholdShare)),
      }),
    ),
    ...(record.unprotected === undefined
      ? {}
      : { unprotectedDisks: record.unprotected.map(unprotectedReport) }),
  };
};

const diskStatus = (
  vm: ProtectionRecord,
  disk: ProtectedDiskRecord,
  replicator: VmReplicator | null,
  { replica, thresholdAt }: { readonly replica: string | null; readonly thresholdAt: string | null },
): DiskStatus => ({
  id: disk.diskId,
  name: disk.name,
  path: disk.path,
  format: disk.format,
  sizeBytes: disk.sizeBytes,
  replica: disk.excluded ? null : replica,
  excluded: disk.excluded,
  isOperatingSystem: disk.isOs,
  hrl: {
    path: disk.excluded ? null : activeLogPath(disk.rootPath),
    bytes: disk.hrl.bytes,
    thresholdBytes: Math.floor(disk.sizeBytes * thresholdShare),
    thresholdAt,
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

/** The health of a protected VM as it is now. */
export const healthOf = (
  {
    store,
    clock,
    statistics,
    signInEnds,
    logGrowth,
    stumbles,
  }: Pick<StatusParts, 'store' | 'clock' | 'statistics' | 'signInEnds' | 'logGrowth' | 'stumbles'>,
  record: ProtectionRecord,
  disks = store.protectedDisks.list(record.vmId),
): ReturnType<typeof judgeHealth> => {
  const nowMs = clock.now();
  return judgeHealth(record, {
    nowMs,
    ...statistics.interval(record, nowMs),
    stumble: stumbles.of(record.vmId),
    unlogged: unloggedDisks(disks),
    signInEnds: signInEnds(record.vaultName),
    marked: disks.flatMap(({ name, excluded, marked }) =>
      excluded || marked === undefined || marked === null ? [] : [{ ...marked, disk: name }],
    ),
    largeLogs: disks.flatMap((disk) => {
      const { warned } = disk.hrl;
      if (warned === undefined || warned === null || disk.excluded) return [];
      return [{ text: describeLogSize({ logGrowth }, disk), sinceMs: warned.sinceMs }];
    }),
  });
};

const unloggedDisks = (disks: readonly ProtectedDiskRecord[]): HealthFacts['unlogged'] =>
  disks.flatMap((disk) =>
    disk.excluded || disk.hrl.degraded === null
      ? []
      : [
          {
            disk: disk.name,
            sinceMs: disk.hrl.degraded.sinceMs,
            changedBytes: bitmapBytes(disk),
            outgrown: disk.hrl.degraded.cause === 'growth',
          },
        ],
  );

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
  rpoLimitSeconds: null,
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
      thresholdAt: null,
      degraded: null,
    },
    progress: null,
    error: null,
  })),
});
