import { parentPort } from 'node:worker_threads';
import { ReplicationError } from '../../contract/errors.ts';
import type { FromWorker, PassProgress, TaskKind, Tasks, ToWorker } from './protocol.ts';

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Reports progress; at most four times a second cross the thread. */
  progress(progress: PassProgress): void;
}

export type TaskHandlers = {
  readonly [K in TaskKind]?: (
    params: Tasks[K]['params'],
    context: TaskContext,
  ) => Promise<Tasks[K]['result']>;
};

const progressIntervalMs = 250;

/** The worker's side of the protocol: runs tasks that arrive on the parent port, one answer each. */
export const serveTasks = (handlers: TaskHandlers): void => {
  const port = parentPort;
  if (port === null) throw new Error('A worker entry point was started outside a worker thread');
  const running = new Map<number, AbortController>();
  const post = (message: FromWorker) => port.postMessage(message);

  const run = async (message: Extract<ToWorker, { type: 'run' }>) => {
    const controller = new AbortController();
    running.set(message.id, controller);
    let lastProgressAt = 0;
    const context: TaskContext = {
      signal: controller.signal,
      progress: (progress) => {
        const now = performance.now();
        if (now - lastProgressAt < progressIntervalMs) return;
        lastProgressAt = now;
        post({ type: 'progress', id: message.id, progress });
      },
    };
    try {
      const handler = handlers[message.kind] as
        | ((params: unknown, context: TaskContext) => Promise<unknown>)
        | undefined;
      if (handler === undefined) throw new Error(`This worker has no task "${message.kind}"`);
      const result = await handler(message.params, context);
      post({ type: 'done', id: message.id, result });
    } catch (error) {
      post({ type: 'failed', id: message.id, error: ReplicationError.from(error).toReport() });
    } finally {
      running.delete(message.id);
    }
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'cancel') running.get(message.id)?.abort();
    else void run(message);
  });
};

/** @throws ReplicationError `CANCELLED` once the task was cancelled */
export const throwIfCancelled = (signal: AbortSignal): void => {
  if (signal.aborted) throw new ReplicationError('CANCELLED', 'The work was cancelled.');
};
