import { ReplicationError } from '../../../contract/errors.ts';
import type { SendResult } from '../../workers/protocol.ts';
import type { TaskOptions } from '../../workers/worker-pool.ts';
import type { EngineContext } from '../engine-context.ts';
import type { FoundDisk, ProtectedVm } from '../protected-vm.ts';
import { asChangingDisk } from '../tracking/changing-disk.ts';
import { settleDirect } from '../tracking/settle-direct.ts';
import { type ChainStamps, settledStamps, stoodStill } from '../tracking/stamps.ts';

/** As in tracking: a busy disk is read again at once, a few times. */
const mostPasses = 3;

/**
 * Sends what the bitmaps stand for, after all logs were sent: the VM is frozen and every disk that is not what the
 * replica holds is compared with its digests; what differs goes to the vault without a log in between. Runs under the
 * tracking lock. Null when there is nothing to send, or logs have to be sent first.
 */
export const sendUnlogged = async (
  engine: EngineContext,
  vm: ProtectedVm,
  options: TaskOptions,
): Promise<SendResult | null> => {
  let sum: SendResult | null = null;
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    const { unsent, shipment } = vm.record;
    const isDue = pass === 1 ? vm.hasUnloggedChanges : true;
    if (!isDue || unsent !== null || shipment !== null) break;
    try {
      const sent = await sendOnce(engine, vm, options);
      if (sent === null) break;
      sum = addSent(sum, sent);
      if (sent.consistency !== 'fuzzy' || vm.markedDisks.length > 0) break;
    } catch (error) {
      const changing = error instanceof ReplicationError && error.code === 'DISK_CHANGING';
      if (!changing || pass === mostPasses) throw error;
    }
  }
  return sum;
};

/** What two shipments came to: the later one's cut, the bytes of both. */
export const addSent = (sum: SendResult | null, next: SendResult): SendResult => ({
  ...next,
  sentBytes: next.sentBytes + (sum?.sentBytes ?? 0),
  prunedPoints: next.prunedPoints + (sum?.prunedPoints ?? 0),
});

interface Candidate extends FoundDisk {
  readonly stamps: ChainStamps | null;
}

const sendOnce = async (
  engine: EngineContext,
  vm: ProtectedVm,
  options: TaskOptions,
): Promise<SendResult | null> => {
  const { vm: hostVm, disks } = await vm.findOnHost(vm.trackedDisks);
  const candidates: Candidate[] = [];
  const still: FoundDisk[] = [];
  for (const disk of disks) {
    const { hrl } = vm.disk(disk.record);
    const pending = (hrl.degraded?.changedBlocks ?? 0) > 0;
    if (!pending && (await isAsScanned(vm, disk))) still.push(disk);
    else {
      const stamps = await settledStamps(disk.host.files, engine.clock, options.signal);
      candidates.push({ ...disk, stamps });
    }
  }
  if (candidates.length === 0) return null;
  const cut = vm.nextCut();
  const frozen = await engine.host().freeze(
    hostVm,
    candidates.map(({ host }) => host.id),
  );
  try {
    const { takenAtMs } = frozen;
    const staged: { diskId: string; stamps: ChainStamps | null }[] = [];
    let sentBytes = 0;
    for (const candidate of candidates) {
      const { record, host, stamps } = candidate;
      const path = frozen.disks.find(({ diskId }) => diskId === host.id)?.path ?? host.path;
      const result = await stageDisk(engine, vm, candidate, { path, cut, takenAtMs }, options);
      sentBytes += result.sentBytes;
      if (result.changedBlocks > 0) staged.push({ diskId: record.diskId, stamps });
    }
    let oneInstant = vm.markedDisks.length === 0 && (await frozen.isConsistent());
    for (const disk of still) oneInstant &&= await isAsScanned(vm, disk);
    engine.store.transaction(() => {
      for (const { record, stamps } of candidates) {
        if (!staged.some(({ diskId }) => diskId === record.diskId))
          noteNothing(vm, record.diskId, cut, stamps);
      }
      if (staged.length === 0) return;
      vm.update({ direct: { cut, takenAtMs, consistency: oneInstant ? 'crash' : 'fuzzy', disks: staged } });
    });
    const result = await settleDirect(engine, vm, options);
    return result === null ? null : { ...result, sentBytes };
  } finally {
    await frozen.release();
  }
};

const stageDisk = async (
  engine: EngineContext,
  vm: ProtectedVm,
  { host, stamps, ...found }: Candidate,
  { path, cut, takenAtMs }: { readonly path: string; readonly cut: number; readonly takenAtMs: number },
  options: TaskOptions,
) => {
  const record = vm.disk(found.record);
  const pending = (record.hrl.degraded?.changedBlocks ?? 0) > 0;
  try {
    return await engine.pool.run(
      'direct',
      {
        replica: vm.replicaSpec(),
        source: vm.sourceSpec(record, path),
        tracking: vm.trackingSpec(record),
        previousCut: record.logBaseCut,
        cut,
        takenAtMs,
        // Looked at after the freeze: what is read is then what the bitmap was made of.
        bitmapHolds: pending && (await isAsScanned(vm, { record, host })),
      },
      options,
    );
  } catch (error) {
    throw await asChangingDisk(error, record, host.files, stamps);
  }
};

const isAsScanned = (vm: ProtectedVm, { record, host }: FoundDisk): Promise<boolean> =>
  stoodStill(host.files, vm.disk(record).lastScan?.stamps);

/** The disk is what the replica holds after all. */
const noteNothing = (vm: ProtectedVm, diskId: string, cut: number, stamps: ChainStamps | null): void => {
  const { degraded } = vm.disk({ diskId }).hrl;
  vm.updateDisk(diskId, { lastScan: stamps === null ? null : { cut, stamps } });
  if (degraded !== null) vm.updateHrl(diskId, { degraded: { ...degraded, changedBlocks: 0 } });
};
