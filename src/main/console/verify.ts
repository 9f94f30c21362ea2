import type { BlockDifference, VerifyResult } from '../../contract/job-reports.ts';
import { blockLength, trackingBlockBytes } from '../block/tracking-block.ts';
import { frozenPath } from '../replication/copy-disk.ts';
import type { Job } from '../replication/job-runner.ts';
import type { VmReplicator } from '../replication/vm-replicator.ts';
import type { ConsoleContext } from './console-context.ts';

const listedDifferences = 16;

/** Compares each disk's replica with its source, block by block, and with the digests recorded at the vault. */
export const verifyVm = async (
  context: ConsoleContext,
  replicator: VmReplicator,
  job: Job,
): Promise<VerifyResult> => {
  const startedAtMs = context.clock.now();
  const { vm } = replicator;
  const { vmId } = vm;
  const firstDifferences: BlockDifference[] = [];
  let blocks = 0;
  let differentBlocks = 0;
  await replicator.withStillReplica(
    `Verifying ${vm.record.name}`,
    async (options) => {
      const found = await vm.findOnHost();
      job.plan(
        found.disks.map(({ record }) => ({ name: `Verify ${record.name}`, weight: record.sizeBytes })),
      );
      const frozen = await context.host().freeze(
        found.vm,
        found.disks.map(({ host }) => host.id),
      );
      try {
        for (const { record, host } of found.disks) {
          const source = vm.sourceSpec(record, frozenPath(frozen, { host }));
          const result = await job.step(`Verify ${record.name}`, (progress) =>
            context.pool.run(
              'verify',
              { vault: vm.vaultSpec(), vmId, source },
              {
                signal: options.signal,
                onProgress: (pass) => {
                  progress(pass.doneBytes / pass.totalBytes);
                  options.onProgress(pass);
                },
              },
            ),
          );
          blocks += result.comparedBlocks;
          differentBlocks += result.differentBlocks;
          if (result.damagedBlocks > 0) {
            context.events.warning(
              `${result.damagedBlocks} blocks of the replica of ${record.name} are not what was written there.`,
              { vmId, vm: vm.record.name, disk: record.name, code: 'REPLICA_INVALID' },
            );
          }
          for (const offset of result.firstDifferences.slice(
            0,
            listedDifferences - firstDifferences.length,
          )) {
            const lengthBytes = blockLength(record.sizeBytes, offset / trackingBlockBytes);
            firstDifferences.push({ disk: record.name, offset, lengthBytes });
          }
        }
      } finally {
        await frozen.release();
      }
    },
    job,
  );
  return {
    kind: 'verify',
    vm: vm.record.name,
    blocks,
    differentBlocks,
    identical: differentBlocks === 0,
    firstDifferences,
    durationMs: context.clock.now() - startedAtMs,
  };
};
