import { join } from 'node:path';
import type { TaskKind, Tasks } from '../../src/main/workers/protocol.ts';
import { type TaskOptions, WorkerPool } from '../../src/main/workers/worker-pool.ts';
import type { Injected, Injection } from './workers/injection.ts';

/** The product's workers, in which what a test says goes wrong. */
export class FaultyPool extends WorkerPool {
  injection: Injection | null = null;
  /** Called as each task begins. */
  begun: (kind: TaskKind) => void = () => undefined;

  constructor() {
    super(join(import.meta.dirname, 'workers'));
  }

  override run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions = {},
  ): Promise<Tasks[K]['result']> {
    this.begun(kind);
    const injected: Injected = { injection: this.injection };
    return super.run(kind, { ...params, ...injected }, options);
  }
}
