import type { StoreFile } from './store-file.ts';

/**
 * What is sampled of a VM, and how the samples of a step become one value.
 *
 * | kind    | subject     | value                                               | within a step |
 * |---------|-------------|-----------------------------------------------------|---------------|
 * | rpo     |             | seconds; null before the first replica is complete.   | the greatest  |
 * |         |             | One with every sample: a step without it is a gap     |               |
 * | sent    |             | bytes                                               | the sum       |
 * | changed |             | bytes                                               | the sum       |
 * | sending |             | milliseconds that sending took                      | the sum       |
 * | log     | disk id     | bytes                                               | the greatest  |
 * | free    | mount point | bytes                                               | the least     |
 */
const merges = {
  rpo: 'max(coalesce(value, excluded.value), coalesce(excluded.value, value))',
  sent: 'value + excluded.value',
  changed: 'value + excluded.value',
  sending: 'value + excluded.value',
  log: 'max(value, excluded.value)',
  free: 'min(value, excluded.value)',
} as const;
export type SampleKind = keyof typeof merges;

const aggregates: Readonly<Record<SampleKind, string>> = {
  rpo: 'max(value)',
  sent: 'sum(value)',
  changed: 'sum(value)',
  sending: 'sum(value)',
  log: 'max(value)',
  free: 'min(value)',
};

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Every sample goes into a step of each tier; the coarser the steps, the longer they are kept. Seconds. */
export const sampleTiers = {
  minute: { number: 1, stepSeconds: minute, keepSeconds: day + hour },
  fiveMinutes: { number: 2, stepSeconds: 5 * minute, keepSeconds: 7 * day + hour },
  hour: { number: 3, stepSeconds: hour, keepSeconds: 32 * day },
} as const;
export type SampleTier = keyof typeof sampleTiers;
const tiers = Object.values(sampleTiers);

export interface Sample {
  readonly kind: SampleKind;
  /** '' for those of the VM as a whole. */
  readonly subject: string;
  readonly value: number | null;
}

export interface StepValue {
  /** Beginning of the step, seconds since the epoch. */
  readonly at: number;
  readonly value: number | null;
}

export interface SampledStep extends StepValue {
  readonly kind: SampleKind;
  readonly subject: string;
}

interface Series {
  readonly id: number;
  readonly kind: SampleKind;
  readonly subject: string;
}

/** Sampled history in numbers, rolled up as it is written: its size depends on how much is sampled, not on how long. */
export class SampleTable {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** Merges a VM's samples of one moment into the steps that hold it; the VM has a protection. */
  add(vmId: string, atMs: number, samples: readonly Sample[]): void {
    const at = Math.floor(atMs / 1000);
    this.#file.write('normal', () => {
      for (const { kind, subject, value } of samples) {
        const id = this.seriesId(vmId, kind, subject);
        const put = this.#file.prepare(
          `INSERT INTO samples (series, tier, at, value) VALUES (?, ?, ?, ?)
           ON CONFLICT (series, tier, at) DO UPDATE SET value = ${merges[kind]}`,
        );
        for (const { number, stepSeconds } of tiers) put.run(id, number, at - (at % stepSeconds), value);
      }
    });
  }

  /** All of a VM's series from a moment on, in steps of `stepSeconds`, a multiple of the tier's own; oldest first. */
  list(vmId: string, tier: SampleTier, fromSeconds: number, stepSeconds: number): SampledStep[] {
    return this.#file.read(() =>
      this.seriesOf(vmId).flatMap(({ id, kind, subject }) =>
        this.#file
          .prepare<StepValue>(
            `SELECT at - at % @step AS at, ${aggregates[kind]} AS value FROM samples
             WHERE series = @id AND tier = @tier AND at >= @from GROUP BY 1 ORDER BY 1`,
          )
          .all({ id, tier: sampleTiers[tier].number, from: fromSeconds, step: stepSeconds })
          .map((step) => ({ ...step, kind, subject })),
      ),
    );
  }

  /** Forgets what its tier keeps no longer. */
  prune(nowMs: number): void {
    const now = Math.floor(nowMs / 1000);
    this.#file.write('normal', () => {
      const ids = this.#file.prepare('SELECT id FROM series').pluck().all();
      const forget = this.#file.prepare('DELETE FROM samples WHERE series = ? AND tier = ? AND at < ?');
      for (const id of ids)
        for (const { number, keepSeconds } of tiers) forget.run(id, number, now - keepSeconds);
    });
  }

  private seriesOf(vmId: string): Series[] {
    const sql = 'SELECT id, kind, subject FROM series WHERE vm_id = ? ORDER BY kind, subject';
    return this.#file.prepare<Series>(sql).all(vmId);
  }

  private seriesId(vmId: string, kind: SampleKind, subject: string): number {
    const sql = 'SELECT id FROM series WHERE vm_id = ? AND kind = ? AND subject = ?';
    const known = this.#file.prepare<{ id: number }>(sql).get(vmId, kind, subject);
    if (known !== undefined) return known.id;
    const added = this.#file
      .prepare('INSERT INTO series (vm_id, kind, subject) VALUES (?, ?, ?)')
      .run(vmId, kind, subject);
    return Number(added.lastInsertRowid);
  }
}
