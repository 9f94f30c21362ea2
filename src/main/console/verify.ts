import { ReplicationError } from '../../contract/errors.ts';
import type { BlockDifference, VerifyResult } from '../../contract/job-reports.ts';
import { blockLength, trackingBlockBytes } from '../block/tracking-block.ts';
import { elapsedMs } from '../platform/clock.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import { frozenPath } from '../replication/shipping/copy-disk.ts';
import type { VmReplicator } from '../replication/vm-replicator.ts';
import type { ConsoleContext } from './console-context.ts';

const listedDifferences = 16;

/**
 * Compares each disk's replica with its source, block by block, and with the digests recorded at the vault. A block that
 * differs from the source may have changed there since; one that is not what was written to the vault was altered or
 * lost there, and the VM is marked for resynchronization.
 */
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
  let damagedBlocks = 0;
  const damagedDisks: string[] = [];
  await replicator.withStillReplica(
    `Verifying ${vm.record.name}`,
    async (options) => {
      // What is being copied for the first time has nothing to be compared with.
      const found = await vm.findOnHost(vm.memberDisks);
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
          damagedBlocks += result.damagedBlocks;
          if (result.damagedBlocks > 0) damagedDisks.push(record.name);
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
  if (damagedBlocks > 0) noteDamage(context, replicator, damagedBlocks, damagedDisks);
  return {
    kind: 'verify',
    vm: vm.record.name,
    blocks,
    differentBlocks,
    damagedBlocks,
    identical: differentBlocks === 0,
    firstDifferences,
    durationMs: elapsedMs(context.clock, startedAtMs),
  };
};

const noteDamage = (
  { events }: ConsoleContext,
  replicator: VmReplicator,
  blocks: number,
  disks: readonly string[],
): void => {
  const { vmId, record } = replicator.vm;
  const text = `Verification found ${blocks} of the blocks in the replica of ${disks.join(', ')} to be other than what was written there.`;
  const error = new ReplicationError('REPLICA_INVALID', text, { vm: record.name });
  events.error(error.toReport(), { vmId, vm: record.name });
  replicator.markForResync(error);
};
