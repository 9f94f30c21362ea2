import { dirname } from 'node:path';
import { z } from 'zod';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { formatBytes } from '../../platform/size-words.ts';
import { reserveBytes, volumeSpace } from '../../platform/volume.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { Setting } from '../../store/settings.ts';
import type { ScanResult } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';

/** Free space in bytes that tracking leaves on a disk's volume, in place of 5 % and at least 1 GiB. */
export const trackingReserve: Setting<number> = {
  key: 'tracking.reserve',
  schema: z.number().int().min(0),
};

/** What the bitmap's blocks come to at most. */
export const bitmapBytes = ({ sizeBytes, hrl }: ProtectedDiskRecord): number =>
  Math.min(sizeBytes, (hrl.degraded?.changedBlocks ?? 0) * trackingBlockBytes);

/** What a disk's scan must leave free beside it. */
export const logReserve = async (engine: EngineContext, disk: ProtectedDiskRecord): Promise<number> =>
  engine.store.settings.get(trackingReserve) ??
  reserveBytes((await volumeSpace(dirname(disk.rootPath))).totalBytes);

/** Whether the log of a degraded disk could take what its bitmap holds and still leave the reserve. */
export const hasRoomForLog = async (engine: EngineContext, disk: ProtectedDiskRecord): Promise<boolean> => {
  // What outgrew its limit once would do so again.
  if (bitmapBytes(disk) + disk.hrl.bytes >= disk.sizeBytes / 2) return false;
  const { freeBytes } = await volumeSpace(dirname(disk.rootPath));
  return freeBytes - bitmapBytes(disk) >= (await logReserve(engine, disk));
};

/** Writes down where a scan has put what changed, and says so when that is another place than before. */
export const noteScan = (
  engine: EngineContext,
  vm: ProtectedVm,
  disk: ProtectedDiskRecord,
  { lowSpace, changedBlocks }: Pick<ScanResult, 'lowSpace' | 'changedBlocks'>,
): void => {
  if (lowSpace === null && changedBlocks > 0) {
    noteRoom(engine, vm, disk);
    return;
  }
  if (lowSpace === null) {
    // Nothing to log says nothing about room.
    if (disk.hrl.degraded !== null)
      vm.updateHrl(disk.diskId, { degraded: { ...disk.hrl.degraded, changedBlocks } });
    return;
  }
  const sinceMs = disk.hrl.degraded?.sinceMs ?? engine.clock.now();
  const cause = lowSpace.overgrown ? 'growth' : 'space';
  vm.updateHrl(disk.diskId, { degraded: { sinceMs, changedBlocks, cause } });
  if (disk.hrl.degraded !== null || lowSpace.overgrown) return;
  const changed = Math.min(blockCount(disk.sizeBytes), changedBlocks);
  engine.events.warning(
    `The volume of ${disk.name} has only ${formatBytes(lowSpace.freeBytes)} free: changed blocks (${changed} now) are remembered in a bitmap instead of the log, and sent without one, until there is room.`,
    { ...subject(vm, disk), code: 'VOLUME_LOW_SPACE' },
  );
};

/** A degraded disk without changes is one no more as soon as there is room. */
export const noteRoomIfIdle = async (
  engine: EngineContext,
  vm: ProtectedVm,
  disk: ProtectedDiskRecord,
): Promise<void> => {
  const { degraded } = disk.hrl;
  if (degraded?.changedBlocks === 0 && (await hasRoomForLog(engine, disk))) noteRoom(engine, vm, disk);
};

/** The disk's changes are in the log from now on, or there are none. */
const noteRoom = (engine: EngineContext, vm: ProtectedVm, disk: ProtectedDiskRecord): void => {
  if (disk.hrl.degraded === null) return;
  vm.dropBitmap(disk.diskId);
  const text =
    disk.hrl.degraded.cause === 'growth'
      ? `The changes of ${disk.name} were sent: they are logged again.`
      : `The volume of ${disk.name} has room for the log again: changes are logged.`;
  engine.events.info(text, subject(vm, disk));
};

const subject = (vm: ProtectedVm, { name }: ProtectedDiskRecord) => ({
  vmId: vm.vmId,
  vm: vm.record.name,
  disk: name,
});
