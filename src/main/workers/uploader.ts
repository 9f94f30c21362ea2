import { extname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { preloadVault } from '../vault/open-vault.ts';
import type { SendParams, WorkerStart } from './protocol.ts';
import { BlockReader } from './reading/block-reader.ts';
import { laneCount } from './reading/lane-count.ts';
import { serveTasks, type TaskContext } from './serve-tasks.ts';
import { copyInitial } from './uploading/copy-initial.ts';
import { prunePoints } from './uploading/prune-points.ts';
import { sendDirect } from './uploading/send-direct.ts';
import { sendLogs } from './uploading/send-logs.ts';
import { withReplica } from './uploading/with-replica.ts';

/** Worker entry point: the uploader. Makes initial replicas, sends sealed logs, and changes without a log where there is no room for one. */

const laneEntry = join(import.meta.dirname, 'reading', `lane${extname(import.meta.filename)}`);
const startLanes = () => new BlockReader(laneCount(), laneEntry);
const { readsDisks, vaultKind } = workerData as WorkerStart;
// Else started when first a disk is read: sending logs needs no lanes.
let reader = readsDisks ? startLanes() : null;
if (vaultKind !== null) preloadVault(vaultKind);

const send = (params: SendParams, context: TaskContext) =>
  withReplica(params.replica, context.signal, (replica) => sendLogs(params, replica, context));

serveTasks({
  initial: (params, context) =>
    withReplica(params.replica, context.signal, (replica) => {
      reader ??= startLanes();
      return copyInitial(params, replica, reader, context);
    }),
  direct: (params, context) =>
    withReplica(params.replica, context.signal, (replica) => {
      reader ??= startLanes();
      return sendDirect(params, replica, reader, context);
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
