import { ReplicationError } from '../../../contract/errors.ts';
import type { SendResult } from '../../workers/protocol.ts';
import type { TaskOptions } from '../../workers/worker-pool.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { confirmCut } from '../shipping/confirm-cut.ts';

/**
 * Commits a cut that was staged without a log, and lets the digests take it over. Runs under the tracking lock: until
 * it is done nobody knows what the digests should say. Null when there is none.
 *
 * | a crash after …                 | finds at the next start …                                             |
 * |---------------------------------|-----------------------------------------------------------------------|
 * | the deltas were staged          | no record: the vault throws them away with the next delta             |
 * | the cut was recorded            | sealed deltas: they are committed now                                 |
 * | the vault committed             | the vault at the cut already: the digests take the side files over    |
 * | the digests took them over      | tables at the cut: only the store is behind                           |
 */
export const settleDirect = async (
  engine: EngineContext,
  vm: ProtectedVm,
  options: TaskOptions,
): Promise<SendResult | null> => {
  const { direct } = vm.record;
  if (direct === null) return null;
  const { cut, takenAtMs, consistency, disks } = direct;
  let result: SendResult;
  try {
    result = await engine.pool.run(
      'send',
      {
        replica: vm.replicaSpec(),
        cut,
        takenAtMs,
        consistency,
        disks: [],
        preparedDiskIds: disks.map(({ diskId }) => diskId),
        ...vm.retention(),
      },
      options,
    );
  } catch (error) {
    // The vault has neither the cut nor all of its deltas: the changes are found and sent anew.
    if (!(error instanceof ReplicationError && error.code === 'HRL_OUT_OF_SEQUENCE')) throw error;
    vm.update({ direct: null });
    return null;
  }
  for (const { diskId } of disks) {
    const disk = vm.disk({ diskId });
    const { name, sizeBytes } = disk;
    const tracking = vm.trackingSpec(disk);
    await engine.pool.run('advanceSent', { source: { diskId, name, sizeBytes }, tracking, cut });
  }
  engine.store.transaction(() => {
    confirmCut(vm, { cut, takenAtMs, consistency });
    for (const { diskId, stamps } of disks) {
      const { degraded } = vm.disk({ diskId }).hrl;
      vm.updateDisk(diskId, {
        logBaseCut: cut,
        lastScan: stamps === null ? null : { cut, stamps },
        hrl: { bytes: 0, degraded: degraded === null ? null : { ...degraded, changedBlocks: 0 } },
      });
    }
  });
  return result;
};
