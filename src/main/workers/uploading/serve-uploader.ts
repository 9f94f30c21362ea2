import { preloadVault } from '../../vault/open-vault.ts';
import type { SendParams, WorkerStart } from '../protocol.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import { serveTasks, type TaskContext } from '../serve-tasks.ts';
import { copyInitial } from './copy-initial.ts';
import { prunePoints } from './prune-points.ts';
import { sendDirect } from './send-direct.ts';
import { sendLogs } from './send-logs.ts';
import { withReplica } from './with-replica.ts';

const send = (params: SendParams, context: TaskContext) =>
  withReplica(params.replica, context.signal, (replica) => sendLogs(params, replica, context));

/**
 * The uploader: makes initial replicas, sends sealed logs, and changes without a log where there is no room for one.
 * @param vaultKind of the vault that will be opened, if that is known
 * @param reader lanes that are there already; else they are started when first a disk is read: sending logs needs none
 */
export const serveUploader = (
  reader: BlockReader | null,
  startLanes: () => BlockReader,
  vaultKind: WorkerStart['vaultKind'],
): void => {
  if (vaultKind !== null) preloadVault(vaultKind);
  let lanes = reader;
  serveTasks({
    initial: (params, context) =>
      withReplica(params.replica, context.signal, (replica) => {
        lanes ??= startLanes();
        return copyInitial(params, replica, lanes, context);
      }),
    direct: (params, context) =>
      withReplica(params.replica, context.signal, (replica) => {
        lanes ??= startLanes();
        return sendDirect(params, replica, lanes, context);
      }),
    send,
    commit: send,
    prune: (params, { signal }) =>
      withReplica(params.replica, signal, async (replica) => {
        const newest = (await replica.points()).at(-1);
        return {
          prunedPoints: newest === undefined ? 0 : await prunePoints(replica, params, newest.takenAtMs),
        };
      }),
  });
};
