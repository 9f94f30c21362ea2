import { ReplicationError } from '../../contract/errors.ts';

/** Runs one thing at a time, in the order asked. */
export class Mutex {
  private last: Promise<unknown> = Promise.resolve();

  /** @throws ReplicationError `CANCELLED` when `signal` aborts before it is `work`'s turn; what `work` throws */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.last;
    const { promise, resolve: release } = Promise.withResolvers<void>();
    this.last = promise;
    try {
      await turnOrAbort(before, signal);
    } catch (cancelled) {
      // Its place in the queue is kept: who came later still waits for who came before.
      void before.then(() => release());
      throw cancelled;
    }
    try {
      return await work();
    } finally {
      release();
    }
  }
}

const turnOrAbort = async (turn: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> => {
  if (signal === undefined) {
    await turn;
    return;
  }
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  signal.addEventListener('abort', abort);
  if (!signal.aborted) await Promise.race([turn, aborted]);
  signal.removeEventListener('abort', abort);
  if (signal.aborted) throw new ReplicationError('CANCELLED', 'The work was cancelled before its turn came.');
};
