import { join } from 'node:path';
import type { TaskKind, Tasks } from '../../src/main/workers/protocol.ts';
import { type TaskOptions, WorkerPool } from '../../src/main/workers/worker-pool.ts';

/** What a comparison's parameters carry beside their own. */
export interface Halting {
  /** It stands still where it reads at `atBytes` of the disk or beyond, and sets `arrived`. */
  readonly halt: { readonly atBytes: number; readonly arrived: SharedArrayBuffer } | null;
  /** Counts what is read. */
  readonly readBytes: SharedArrayBuffer;
}

/** The real workers, in which a comparison halts where a test wants it and can be interrupted there. */
export class HaltingPool extends WorkerPool {
  /** The one disk that all of this is about. */
  readonly diskName = 'data.vhd';
  /** Offsets to halt at, one for each part of its comparison; then no more. */
  halts: number[] = [];
  /** Parts of its comparison so far. */
  comparisons = 0;
  private readonly bytes = new SharedArrayBuffer(8);
  private halted = Promise.withResolvers<void>();

  constructor() {
    super(join(import.meta.dirname, 'halting-workers'));
  }

  /** Bytes that comparisons have read of it. */
  get readBytes(): number {
    return Number(Atomics.load(new BigInt64Array(this.bytes), 0));
  }

  /** Resolves when the comparison stands still (the next time). */
  async standstill(): Promise<void> {
    await this.halted.promise;
    this.halted = Promise.withResolvers();
  }

  override run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options: TaskOptions = {},
  ): Promise<Tasks[K]['result']> {
    if (kind !== 'resync') return super.run(kind, params, options);
    const { source } = params as Tasks['resync']['params'];
    if (source.name !== this.diskName) return super.run(kind, params, options);
    this.comparisons += 1;
    const atBytes = this.halts.shift();
    const halting: Halting = {
      halt: atBytes === undefined ? null : { atBytes, arrived: this.arrival() },
      readBytes: this.bytes,
    };
    return super.run(kind, { ...params, ...halting }, options);
  }

  private arrival(): SharedArrayBuffer {
    const arrived = new SharedArrayBuffer(4);
    const waiting = Atomics.waitAsync(new Int32Array(arrived), 0, 0);
    if (waiting.async) void waiting.value.then(() => this.halted.resolve());
    return arrived;
  }
}
