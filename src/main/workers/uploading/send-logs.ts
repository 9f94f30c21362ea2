import { ReplicationError } from '../../../contract/errors.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import type { ReplicaDiskState, VmReplica } from '../../vault/replica-vault.ts';
import type { SendParams, SendResult, ShippedLog } from '../protocol.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';

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
  const prepared = params.preparedDiskIds.filter((diskId) => states.get(diskId)?.cut !== params.cut);
  const alreadyCommitted = params.disks.length > 0 && logs.length === 0;
  let sentBytes = 0;
  for (const log of logs) sentBytes += await sendLog(log, params, replica, context);
  throwIfCancelled(context.signal);
  const { point } = await replica.commit({
    cut: params.cut,
    takenAtMs: params.takenAtMs,
    consistency: params.consistency,
    diskIds: [...logs.map(({ diskId }) => diskId), ...prepared],
  });
  const prunedPoints = await replica.prune(params.keepPoints);
  return { sentBytes, point, prunedPoints, alreadyCommitted };
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
