import { ReplicationError } from '../../../contract/errors.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import type { ReplicaDiskState, VmReplica } from '../../vault/replica-vault.ts';
import type { SendParams, SendResult, ShippedLog } from '../protocol.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { prunePoints } from './prune-points.ts';

/**
 * Sends the sealed logs of one cut and commits it. What the vault confirmed before an interruption is not sent again:
 * a disk that is at the cut already is skipped, a half-staged delta is resumed.
 */
export const sendLogs = async (
  params: SendParams,
  replica: VmReplica,
  context: TaskContext,
): Promise<SendResult> => {
  const states = new Map((await replica.diskStates()).map((state) => [state.diskId, state]));
  const logs = params.disks.filter((log) => !isAtCut(states.get(log.diskId), log, params.cut));
  const alreadyCommitted = params.disks.length > 0 && logs.length === 0;
  let sentBytes = 0;
  for (const log of logs) sentBytes += await sendLog(log, params, replica, context);
  throwIfCancelled(context.signal);
  // Committing what is committed already does nothing, so that prepared disks need no look at where they stand: an
  // older replica of theirs may be at a cut of the same number.
  const diskIds = [...logs.map(({ diskId }) => diskId), ...params.preparedDiskIds];
  const { point, droppedPoints } = await commit(params, diskIds, replica);
  const prunedPoints = await prunePoints(replica, params, params.takenAtMs);
  const { consistency } = params;
  return { sentBytes, point, prunedPoints, droppedPoints, alreadyCommitted, consistency };
};

const commit = async (
  { cut, takenAtMs, consistency, overwritesAltered }: SendParams,
  diskIds: readonly string[],
  replica: VmReplica,
): Promise<Pick<SendResult, 'point' | 'droppedPoints'>> => {
  const vmCut = { cut, takenAtMs, consistency, diskIds };
  try {
    return { ...(await replica.commit(vmCut)), droppedPoints: 0 };
  } catch (error) {
    const altered = error instanceof ReplicationError && error.code === 'REPLICA_INVALID';
    if (!altered || overwritesAltered !== true) throw error;
    // What would be overwritten is not what was recorded: points that are rebuilt from it would be wrong.
    const droppedPoints = (await replica.points()).length;
    await replica.dropPoints();
    return { ...(await replica.commit(vmCut)), droppedPoints };
  }
};

const isAtCut = (state: ReplicaDiskState | undefined, log: ShippedLog, cut: number): boolean =>
  state?.phase === 'complete' && state.lineage === log.lineage && state.cut === cut;

const sendLog = async (
  log: ShippedLog,
  { cut, takenAtMs, consistency }: SendParams,
  replica: VmReplica,
  context: TaskContext,
): Promise<number> => {
  const reader = LogReader.open(log.sealedPath, {
    diskId: log.diskId,
    lineage: log.lineage,
    minimumCut: log.lastCut,
  });
  try {
    const { lineage, previousCut } = reader.header;
    const totalBytes = reader.sizeBytes;
    const delta = await replica.beginDelta(log.diskId, { lineage, previousCut, cut, takenAtMs, consistency });
    try {
      let changes = 0;
      let doneBytes = 0;
      let sentBytes = 0;
      for (const change of reader.netChanges()) {
        throwIfCancelled(context.signal);
        changes += 1;
        doneBytes += change.data.length;
        if (changes <= delta.resumedChanges) continue;
        sentBytes += await delta.put(change);
        context.progress({
          diskId: log.diskId,
          phase: 'delta',
          doneBytes,
          skippedBytes: 0,
          totalBytes,
          resumedAtBytes: null,
        });
      }
      if (changes < delta.resumedChanges) {
        throw new ReplicationError(
          'HRL_OUT_OF_SEQUENCE',
          'The vault holds more of this delta than the log does.',
          {
            file: log.sealedPath,
          },
        );
      }
      await delta.seal();
      return sentBytes;
    } finally {
      await delta.close();
    }
  } finally {
    reader.close();
  }
};
