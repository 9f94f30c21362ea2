import { ReplicationError } from '../../../contract/errors.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';

/**
 * Gives every tracked disk an active log beside it, empty until something changes. A log that cannot be created is told
 * and no more: what was replicated is not less true for it, and the first change will ask again.
 */
export const openActiveLogs = async (engine: EngineContext, vm: ProtectedVm): Promise<void> => {
  const { name, nextSequence } = vm.record;
  for (const disk of vm.trackedDisks) {
    if (disk.phase !== 'complete') continue;
    const { diskId, sizeBytes, logBaseCut } = disk;
    try {
      await engine.pool.run('openLog', {
        source: { diskId, name: disk.name, sizeBytes },
        tracking: vm.trackingSpec(disk),
        previousCut: logBaseCut,
        sequence: nextSequence,
        createdAtMs: engine.clock.now(),
      });
    } catch (error) {
      const report = ReplicationError.from(error, { file: disk.rootPath }).toReport();
      engine.events.error(report, { vmId: vm.vmId, vm: name, disk: disk.name });
    }
  }
};
