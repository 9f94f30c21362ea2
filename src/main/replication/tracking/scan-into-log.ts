import { ReplicationError } from '../../../contract/errors.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { ScanResult } from '../../workers/protocol.ts';
import type { TaskOptions } from '../../workers/worker-pool.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { atThreshold } from './log-overgrowth.ts';
import { logReserve } from './log-room.ts';
import { noteLogSize } from './log-warnings.ts';

/** Share of the disk's size at which its logs give up (replication-rules.md, 5). */
export const thresholdShare = 0.5;

/** What a comparison under way has made the digests of: the part of the disk below `endOffset`, as of `cut`. */
export interface ComparedPart {
  readonly cut: number;
  readonly endOffset: number;
}

/**
 * One pass over a disk into its active log, without a cut yet: the caller cuts or takes it back.
 * @param uncut is told of the disk as soon as there is something to cut or to take back
 * @param compared only this part, while the rest is still to be compared
 * @throws ReplicationError `HRL_THRESHOLD` where the log may not go on as a bitmap, and what the task throws
 */
export const scanIntoLog = async (
  engine: EngineContext,
  vm: ProtectedVm,
  disk: ProtectedDiskRecord,
  path: string,
  options: TaskOptions,
  uncut: Set<string>,
  compared: ComparedPart | null = null,
): Promise<ScanResult> => {
  const { shipment, unsent, nextSequence, name } = vm.record;
  const { hrl } = vm.disk(disk);
  const thresholdBytes = disk.sizeBytes * thresholdShare;
  const result = await engine.pool.run(
    'scan',
    {
      source: vm.sourceSpec(disk, path),
      tracking: vm.trackingSpec(disk),
      previousCut: compared?.cut ?? disk.logBaseCut,
      sequence: nextSequence,
      createdAtMs: engine.clock.now(),
      thresholdBytes,
      atThreshold: atThreshold(engine, vm),
      reserveBytes: await logReserve(engine, disk),
      expectedBlocks: hrl.degraded?.changedBlocks ?? 0,
      baseline: compared === null && shipment === null && unsent === null ? vm.replicaSpec() : null,
      endOffset: compared?.endOffset ?? disk.sizeBytes,
    },
    options,
  );
  uncut.add(disk.diskId);
  const subject = { vmId: vm.vmId, vm: name, disk: disk.name };
  if (result.cutBackBytes > 0) {
    engine.events.warning(
      `The log of ${disk.name} ended in an unfinished pass; ${formatBytes(result.cutBackBytes)} were cut back and the changes found again.`,
      subject,
    );
  }
  vm.updateHrl(disk.diskId, { bytes: result.logBytes });
  if (result.stopped === null) noteLogSize(engine, vm, disk.diskId);
  if (result.stopped === null) return result;
  throw new ReplicationError(
    'HRL_THRESHOLD',
    `The log of ${disk.name} reached 50 % of the disk (${formatBytes(result.logBytes)} of ${formatBytes(disk.sizeBytes)}).`,
    { vm: name, file: disk.rootPath },
  );
};
