import { join } from 'node:path';
import { ReplicationError } from '../../src/contract/errors.ts';
import type { TaskKind, Tasks } from '../../src/main/workers/protocol.ts';
import { type TaskOptions, WorkerPool } from '../../src/main/workers/worker-pool.ts';

/** The real workers, with a gate before one kind of task: shut, such a task waits until it opens or is cancelled. */
export class GatedPool extends WorkerPool {
  /** Resolves when a task stands before the shut gate. */
  waiting: Promise<void> = Promise.resolve();
  private readonly kind: TaskKind;
  private gate: PromiseWithResolvers<void> | null = null;
  private arrived: () => void = () => undefined;

  constructor(kind: TaskKind) {
    super(join(import.meta.dirname, '../../src/main/workers'));
    this.kind = kind;
  }

  shut(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting = promise;
    this.arrived = resolve;
    this.gate = Promise.withResolvers();
  }

  open(): void {
    this.gate?.resolve();
    this.gate = null;
  }

  override async run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions = {},
  ): Promise<Tasks[K]['result']> {
    if (kind === this.kind && this.gate !== null) {
      const { promise: cancelled, resolve } = Promise.withResolvers<void>();
      options.signal?.addEventListener('abort', () => resolve());
      this.arrived();
      await Promise.race([this.gate.promise, cancelled]);
      if (options.signal?.aborted) throw new ReplicationError('CANCELLED', 'The work was cancelled.');
    }
    return super.run(kind, params, options);
  }
}
