import { ReplicationError } from '../../../contract/errors.ts';
import type { Consistency } from '../../../contract/model.ts';
import { blockCount } from '../../block/tracking-block.ts';
import type { FrozenVm, HostDisk, HostVm } from '../../host/host.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { PassProgress, ScanResult } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { frozenPath } from '../shipping/copy-disk.ts';
import { finishSealing } from '../shipping/vm-shipping.ts';
import { asChangingDisk } from './changing-disk.ts';
import { noteOvergrowth } from './log-overgrowth.ts';
import { hasRoomForLog, noteRoomIfIdle, noteScan } from './log-room.ts';
import { refuseReverted } from './reverted-disk.ts';
import { scanIntoLog } from './scan-into-log.ts';
import { settleDirect } from './settle-direct.ts';
import { type ChainStamps, settledStamps, stoodStill } from './stamps.ts';
import { takeUpRebuilt } from './take-up-rebuilt.ts';

export interface TrackingOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PassProgress) => void;
}

export interface TrackingResult {
  readonly changedBlocks: number;
  readonly changedBytes: number;
  readonly comparedBlocks: number;
  /** Of the cut that the logs end with; of what stands still when nothing is logged. */
  readonly consistency: Consistency;
}

interface TrackedDisk {
  readonly record: ProtectedDiskRecord;
  readonly host: HostDisk;
}

/** A busy disk is read again at once, a few times: the second pass is short and often finds a quiet moment. */
const passesPerCycle = 3;

/**
 * Tracks one VM: scans the disks whose files changed since the last scan and marks a cut in their logs.
 * Disks whose files stood still cost a stat each.
 */
export const trackVm = async (
  engine: EngineContext,
  vm: ProtectedVm,
  options: TrackingOptions,
): Promise<TrackingResult> => {
  // First the host, which may have moved the VM and its logs; then what the engine left unsealed or unsettled when it
  // was stopped; then the disks with the cuts that their next logs build on.
  await vm.findOnHost(vm.trackedDisks);
  await takeUpRebuilt(engine, vm, options);
  await finishSealing(engine, vm);
  await settleDirect(engine, vm, options);
  const { vm: hostVm, disks } = await vm.findOnHost(vm.trackedDisks);
  let result: TrackingResult = { changedBlocks: 0, changedBytes: 0, comparedBlocks: 0, consistency: 'crash' };
  for (let pass = 1; pass <= passesPerCycle; pass += 1) {
    try {
      const cut = await trackOnce(engine, vm, hostVm, disks, options);
      result = {
        changedBlocks: result.changedBlocks + cut.changedBlocks,
        changedBytes: result.changedBytes + cut.changedBytes,
        comparedBlocks: result.comparedBlocks + cut.comparedBlocks,
        consistency: cut.consistency,
      };
      engine.traffic.changed(vm.vmId, cut.changedBytes);
      if (cut.consistency !== 'fuzzy' || vm.missesDisks) break;
    } catch (error) {
      if (!isWorthAnotherPass(error) || pass === passesPerCycle) throw error;
    }
  }
  return result;
};

/** A pass whose log could not be written was taken back: nothing is lost yet. */
const isWorthAnotherPass = (error: unknown): boolean =>
  error instanceof ReplicationError && (error.code === 'DISK_CHANGING' || error.code === 'HRL_WRITE_FAILED');

const trackOnce = async (
  engine: EngineContext,
  vm: ProtectedVm,
  hostVm: HostVm,
  disks: readonly TrackedDisk[],
  options: TrackingOptions,
): Promise<TrackingResult> => {
  const changed: TrackedDisk[] = [];
  const lookedAtMs = engine.clock.now();
  for (const disk of disks) if (await mustScan(engine, vm, disk)) changed.push(disk);
  if (changed.length === 0) {
    noteStandstill(vm, lookedAtMs);
    return { changedBlocks: 0, changedBytes: 0, comparedBlocks: 0, consistency: 'crash' };
  }
  for (const { record, host } of changed)
    await refuseReverted(record, host.files, vm.disk(record).lastScan?.stamps);
  engine.pool.prepare(['scan']);
  const stamps = new Map<string, ChainStamps | null>();
  for (const { record, host } of changed) {
    stamps.set(record.diskId, await settledStamps(host.files, engine.clock, options.signal));
  }
  const ids = changed.map(({ host }) => host.id);
  const frozen = await engine.host().freeze(hostVm, ids);
  try {
    return await scanAndCut(
      engine,
      vm,
      { changed, still: disks.filter((disk) => !changed.includes(disk)), frozen, stamps },
      options,
    );
  } finally {
    await frozen.release();
  }
};

/** Whether there may be changes to be found, or room again for the log of those that are only in the bitmap. */
const mustScan = async (
  engine: EngineContext,
  vm: ProtectedVm,
  { record, host }: TrackedDisk,
): Promise<boolean> => {
  const disk = engine.store.protectedDisks.get(vm.vmId, record.diskId) ?? record;
  if (!(await stoodStill(host.files, disk.lastScan?.stamps))) return true;
  await noteRoomIfIdle(engine, vm, disk);
  return (disk.hrl.degraded?.changedBlocks ?? 0) > 0 && (await hasRoomForLog(engine, disk));
};

/**
 * Nothing changed between the last scan and `asOfMs`: what is logged or replicated is the source as it was then. That is
 * when the disks were looked at or frozen, not when a scan was done with them: a clone says nothing of what came after it.
 */
const noteStandstill = (vm: ProtectedVm, asOfMs: number): void => {
  if (vm.hasUnloggedChanges || vm.missesDisks) return;
  const { unsent, shipment, committedConsistency } = vm.record;
  if (unsent !== null) vm.update({ unsent: { ...unsent, takenAtMs: asOfMs, consistency: 'crash' } });
  else if (shipment === null && committedConsistency === 'fuzzy') {
    // The replica holds exactly what the disks hold now, and they stand still: the cut deserves to be a point.
    vm.update({ unsent: { cut: vm.nextCut(), takenAtMs: asOfMs, consistency: 'crash' } });
  } else if (shipment === null) vm.update({ lastSyncAtMs: asOfMs });
};

interface ScanSet {
  readonly changed: readonly TrackedDisk[];
  readonly still: readonly TrackedDisk[];
  readonly frozen: FrozenVm;
  readonly stamps: ReadonlyMap<string, ChainStamps | null>;
}

const scanAndCut = async (
  engine: EngineContext,
  vm: ProtectedVm,
  { changed, still, frozen, stamps }: ScanSet,
  options: TrackingOptions,
): Promise<TrackingResult> => {
  const cut = vm.nextCut();
  const scans: ScanResult[] = [];
  const uncut = new Set<string>();
  try {
    for (const { record, host } of changed) {
      const path = frozenPath(frozen, { host });
      try {
        scans.push(await scanIntoLog(engine, vm, record, path, options, uncut));
      } catch (error) {
        throw await asChangingDisk(error, record, host.files, stamps.get(record.diskId) ?? null);
      }
    }
    // Without a disk that is out to be resynchronized there is no state of the whole VM.
    const isWhole = !vm.missesDisks;
    const oneInstant = isWhole && (await frozen.isConsistent()) && (await allStandStill(engine, vm, still));
    const taken = {
      cut,
      takenAtMs: frozen.takenAtMs,
      consistency: oneInstant ? ('crash' as const) : ('fuzzy' as const),
    };
    const logged: boolean[] = [];
    for (const [index, { record }] of changed.entries()) {
      const { diskId } = record;
      const { lowSpace, changedBlocks, loggedCut } = scans[index]!;
      const hasChanges = lowSpace === null && (changedBlocks > 0 || loggedCut !== null);
      logged.push(hasChanges);
      uncut.delete(diskId);
      if (hasChanges) await engine.pool.run('cut', { diskId, ...taken });
      else await engine.pool.run('rollback', { diskId });
    }
    engine.store.transaction(() => {
      for (const [index, { record }] of changed.entries()) {
        const settled = stamps.get(record.diskId) ?? null;
        vm.updateDisk(record.diskId, { lastScan: settled === null ? null : { cut, stamps: settled } });
        const before = vm.disk(record).hrl.degraded;
        noteScan(engine, vm, vm.disk(record), scans[index]!);
        if (before === null && scans[index]!.lowSpace?.overgrown) noteOvergrowth(engine, vm, vm.disk(record));
      }
      // An earlier cut may be in a log without the store knowing of it: a crash came in between.
      const inLog = scans.some(({ loggedCut }) => loggedCut !== null);
      if (logged.includes(true) || (inLog && vm.record.unsent === null)) {
        vm.update({ unsent: vm.hasUnloggedChanges ? { ...taken, consistency: 'fuzzy' } : taken });
      } else if (!inLog && oneInstant) noteStandstill(vm, frozen.takenAtMs);
    });
    for (const { record } of changed) await noteRoomIfIdle(engine, vm, vm.disk(record));
    return {
      changedBlocks: scans.reduce((sum, scan) => sum + scan.changedBlocks, 0),
      changedBytes: scans.reduce((sum, scan) => sum + scan.changedBytes, 0),
      comparedBlocks: changed.reduce((sum, { record }) => sum + blockCount(record.sizeBytes), 0),
      consistency: taken.consistency,
    };
  } finally {
    for (const diskId of uncut) await engine.pool.run('rollback', { diskId });
  }
};

const allStandStill = async (
  engine: EngineContext,
  vm: ProtectedVm,
  disks: readonly TrackedDisk[],
): Promise<boolean> => {
  for (const { record, host } of disks) {
    const lastScan = engine.store.protectedDisks.get(vm.vmId, record.diskId)?.lastScan?.stamps;
    if (!(await stoodStill(host.files, lastScan))) return false;
  }
  return true;
};
