import { ReplicationError } from '../../../contract/errors.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import { dropLogs } from '../../hrl/rotation.ts';
import { formatBesides } from '../../platform/size-words.ts';
import type { DeltaWriter, VmReplica } from '../../vault/replica-vault.ts';
import type { ResyncDiskResult, Tasks } from '../protocol.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import type { TaskContext } from '../serve-tasks.ts';
import { Comparison } from './comparison.ts';
import { type ResyncCheckpoint, readCheckpoint } from './resync-checkpoint.ts';
import { checkpointInterval, Staging, type StagingStart } from './staging.ts';

/**
 * Resynchronization of one disk: the source's blocks against what the replica holds, the differing ones as a delta onto
 * a new lineage. The local digest table is built anew on the way and becomes valid with the caller's commit.
 *
 * An interrupted comparison of the same lineage and cut goes on:
 *
 * | the checkpoint here | the delta at the vault           | the comparison                                         |
 * |---------------------|----------------------------------|--------------------------------------------------------|
 * | is there            | goes on, with all that it counts | goes on at the checkpoint                              |
 * | is there            | is not what it was               | begins anew                                            |
 * | is not there        | goes on                          | begins anew; whatever was staged is staged again       |
 * | is not there        | is new                           | begins                                                 |
 *
 * Between a checkpoint and its reach an interrupted run may have staged anything. The source may have changed since, so
 * every block there is staged as it is now, whether or not it differs from the replica. A comparison that begins anew says
 * so in its checkpoint before it stages anything.
 */
export const resyncDisk = async (
  params: Tasks['resync']['params'],
  replica: VmReplica,
  reader: BlockReader,
  context: TaskContext,
): Promise<ResyncDiskResult> => {
  const { source, tracking, cut, takenAtMs } = params;
  requireSize(params);
  const checkpoint = findCheckpoint(params);
  const delta = await replica.beginDelta(source.diskId, {
    lineage: tracking.lineage,
    previousCut: cut - 1,
    cut,
    takenAtMs,
    consistency: 'fuzzy',
    rebaseTo: tracking.lineage,
  });
  try {
    const content = await replica.openDisk(source.diskId, null);
    try {
      const start = startOf(checkpoint, delta, source.sizeBytes);
      const table = openTable(params, start);
      try {
        const staging = new Staging(params, table, delta, start);
        if (start.earlier === null) staging.begin();
        const comparison = new Comparison(params, content, table, staging, start, context);
        await comparison.run(reader);
        await delta.seal();
        // What was logged meanwhile is in the digests too.
        table.setHeader({
          cut: Math.max(cut, table.cut),
          complete: true,
          checkpointOffset: source.sizeBytes,
        });
        const resumedAtBytes = start.offset > 0 ? start.offset : null;
        return { ...comparison.figures(), resumedAtBytes };
      } finally {
        table.close();
      }
    } finally {
      await content.close();
    }
  } finally {
    await delta.close();
  }
};

/** @throws DISK_CHANGED_GEOMETRY */
const requireSize = ({ source }: Tasks['resync']['params']): void => {
  const disk = openVirtualDisk(source.path);
  const { sizeBytes } = disk;
  disk.close();
  if (sizeBytes === source.sizeBytes) return;
  const text = `${source.name} has ${formatBesides(sizeBytes, source.sizeBytes)} now and had ${formatBesides(source.sizeBytes, sizeBytes)} when its comparison was begun.`;
  throw new ReplicationError('DISK_CHANGED_GEOMETRY', text, { file: source.path });
};

/** A checkpoint counts only with the digests that it vouches for. */
const findCheckpoint = ({
  source,
  tracking,
  cut,
  deep,
}: Tasks['resync']['params']): ResyncCheckpoint | null => {
  const { diskId, sizeBytes } = source;
  const { tablePath, lineage } = tracking;
  const checkpoint = readCheckpoint(tablePath, { diskId, lineage, sizeBytes, cut, deep });
  if (checkpoint === null || checkpoint.doneOffset === 0) return checkpoint;
  try {
    DigestTable.open(tablePath, { diskId, lineage, diskSizeBytes: sizeBytes }).close();
    return checkpoint;
  } catch (error) {
    if (error instanceof ReplicationError && error.code === 'TRACKING_DAMAGED') return null;
    throw error;
  }
};

const startOf = (
  checkpoint: ResyncCheckpoint | null,
  { isResumed, resumedChanges }: DeltaWriter,
  sizeBytes: number,
): StagingStart => {
  const reachOffset = checkpoint?.reachOffset ?? Math.min(sizeBytes, checkpointInterval(sizeBytes));
  const offset = checkpoint?.doneOffset ?? 0;
  if (!isResumed && (checkpoint?.puts ?? 0) === 0) {
    return { offset, restageTo: 0, reachOffset, earlier: checkpoint };
  }
  if (isResumed && checkpoint !== null && resumedChanges >= checkpoint.puts) {
    return { offset, restageTo: reachOffset, reachOffset, earlier: checkpoint };
  }
  const unknownTo = isResumed ? sizeBytes : 0;
  return { offset: 0, restageTo: unknownTo, reachOffset: Math.max(reachOffset, unknownTo), earlier: null };
};

const openTable = (
  { source, tracking }: Tasks['resync']['params'],
  { offset }: StagingStart,
): DigestTable => {
  const owner = { diskId: source.diskId, lineage: tracking.lineage, diskSizeBytes: source.sizeBytes };
  if (offset > 0) return DigestTable.open(tracking.tablePath, owner);
  // What was logged since the comparison began builds on digests that are made anew.
  dropLogs(tracking.rootPath);
  return DigestTable.create(tracking.tablePath, owner);
};
