import { randomUUID } from 'node:crypto';
import type { Consistency } from '../../contract/model.ts';
import type { EngineContext } from './engine-context.ts';
import type { Job } from './job-runner.ts';
import type { ProtectedVm } from './protected-vm.ts';
import { settledStamps } from './stamps.ts';
import { confirmCut, type ShippingOptions } from './vm-shipping.ts';

export interface ResyncOutcome {
  readonly comparedBlocks: number;
  readonly differentBlocks: number;
  readonly sentBytes: number;
}

/**
 * Resynchronization of a VM: the logs are dropped, each disk's blocks are compared by checksum with what the replica
 * holds, the differences are staged and become true with one commit, on a new lineage. Until the commit the replica and
 * its recovery points stay as they were.
 */
export const resynchronizeVm = async (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  options: ShippingOptions,
): Promise<ResyncOutcome> => {
  const found = await job.step('Check the disks', () => vm.findOnHost());
  const total = { comparedBlocks: 0, differentBlocks: 0, sentBytes: 0 };
  const stamps = new Map<string, Awaited<ReturnType<typeof settledStamps>>>();
  for (const { record, host } of found.disks) {
    stamps.set(record.diskId, await settledStamps(host.files, engine.clock, options.signal));
    await engine.pool.run('dropLogs', { diskId: record.diskId, rootPath: record.rootPath, sequence: null });
    // From here on the old lineage is history: an interruption must not let its logs or digests be taken for true.
    vm.updateDisk(record.diskId, {
      lineage: randomUUID(),
      lastScan: null,
      hrl: { bytes: 0, degraded: false },
    });
  }
  vm.update({ unsent: null, shipment: null });
  const cut = vm.nextCut();
  const ids = found.disks.map(({ record }) => record.diskId);
  const frozen = await engine.host().freeze(found.vm, ids);
  try {
    for (const record of vm.includedDisks) {
      const path = frozen.disks.find(({ diskId }) => diskId === record.diskId)?.path ?? record.path;
      const result = await job.step(`Compare ${record.name}`, (progress) =>
        engine.pool.run(
          'resync',
          {
            replica: vm.replicaSpec(),
            source: vm.sourceSpec(record, path),
            tracking: vm.trackingSpec(record),
            cut,
            takenAtMs: frozen.takenAtMs,
          },
          {
            signal: options.signal,
            onProgress: (pass) => {
              progress(pass.doneBytes / pass.totalBytes);
              options.onProgress(pass);
            },
          },
        ),
      );
      total.comparedBlocks += result.comparedBlocks;
      total.differentBlocks += result.differentBlocks;
      total.sentBytes += result.sentBytes;
    }
    return await job.step('Apply the differences', async () => {
      const consistency: Consistency = (await frozen.isConsistent()) ? 'crash' : 'fuzzy';
      const taken = { cut, takenAtMs: frozen.takenAtMs, consistency };
      await engine.pool.run(
        'send',
        {
          replica: vm.replicaSpec(),
          ...taken,
          disks: [],
          preparedDiskIds: ids,
          keepPoints: vm.record.retentionPoints,
        },
        options,
      );
      engine.store.transaction(() => {
        confirmCut(vm, taken);
        vm.update({ resync: null });
        for (const diskId of ids) {
          const settled = stamps.get(diskId) ?? null;
          const lastScan = settled === null ? null : { cut, stamps: settled };
          vm.updateDisk(diskId, { logBaseCut: cut, lastScan });
        }
      });
      return total;
    });
  } finally {
    await frozen.release();
  }
};
