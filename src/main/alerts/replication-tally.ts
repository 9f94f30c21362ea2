import type { EnginePush } from '../../contract/events.ts';
import type { Store } from '../store/store.ts';

type SentBy = 'cycle' | 'initial' | 'resync';

/** One count a label: what was counted, since this process began. */
export interface Counts {
  readonly sentBytes: ReadonlyMap<string, number>;
  readonly cycles: ReadonlyMap<string, number>;
  readonly errors: ReadonlyMap<string, number>;
}

/** Joins the parts of a counter's label; parts are ids and words, which hold no line break. */
export const labelOf = (...parts: readonly string[]): string => parts.join('\n');

/** Counts what replication does while it is watched. */
export class ReplicationTally {
  readonly #store: Store;
  readonly #sentBytes = new Map<string, number>();
  readonly #cycles = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #countedJobs = new Set<number>();
  #newestCycle: number;
  #succeeded = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#newestCycle = store.cycles.list({ limit: 1 })[0]?.id ?? 0;
  }

  /** Cycles that have succeeded so far. */
  get succeeded(): number {
    return this.#succeeded;
  }

  /** Counts what ended since the last time. */
  counts(): Counts {
    for (const { id, vmId, outcome, sentBytes } of this.#store.cycles.list({ sinceId: this.#newestCycle })) {
      this.#newestCycle = id;
      if (outcome === 'succeeded') this.#succeeded += 1;
      add(this.#cycles, labelOf(vmId, outcome), 1);
      this.#sent(vmId, 'cycle', sentBytes);
    }
    return { sentBytes: this.#sentBytes, cycles: this.#cycles, errors: this.#errors };
  }

  /** Counts what no journal has: errors, copies and comparisons. */
  note(push: EnginePush): void {
    if (push.kind === 'event' && push.event.level === 'error') {
      add(this.#errors, labelOf(push.event.vmId ?? '', push.event.code ?? 'UNKNOWN'), 1);
    }
    if (push.kind !== 'job') return;
    const { id, vmId, result } = push.job;
    if (result?.kind !== 'initial' && result?.kind !== 'resync') return;
    if (this.#countedJobs.has(id)) return;
    this.#countedJobs.add(id);
    this.#sent(vmId, result.kind, result.sentBytes);
  }

  #sent(vmId: string, by: SentBy, bytes: number): void {
    add(this.#sentBytes, labelOf(vmId, by), bytes);
  }
}

const add = (counts: Map<string, number>, label: string, amount: number): void => {
  counts.set(label, (counts.get(label) ?? 0) + amount);
};
