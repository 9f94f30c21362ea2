import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../../src/main/workers/protocol.ts';

const post = (message: FromWorker) => parentPort!.postMessage(message);

/** Tells of the same progress for ever; ends when told to, unless the disk is called `deaf`. */
parentPort!.on('message', (message: ToWorker) => {
  if (message.type === 'run') {
    const { source } = message.params as { readonly source: { readonly diskId: string } };
    const progress = {
      diskId: source.diskId,
      phase: 'resync' as const,
      doneBytes: 1,
      skippedBytes: 0,
      totalBytes: 2,
      resumedAtBytes: null,
    };
    post({ type: 'progress', id: message.id, progress });
    post({ type: 'progress', id: message.id, progress });
    // A thread that neither reads messages nor ends: what a dead share makes of one.
    if (source.diskId === 'deaf') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return;
  }
  const error = {
    code: 'CANCELLED' as const,
    class: 'nonRecoverable' as const,
    title: 'Cancelled',
    message: 'Cancelled.',
    nextStep: '',
  };
  post({ type: 'failed', id: message.id, error });
});
