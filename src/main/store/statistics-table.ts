import { z } from 'zod';
import { parseRecord, printRecord } from './record-json.ts';
import type { StoreFile } from './store-file.ts';

const moment = z.number().int().min(0);
const count = z.number().int().min(0);

/** What cycles came to from one moment on: the beginning of an hour of local time, or a reset within it. */
export const statisticsRecord = z.object({
  vmId: z.string(),
  fromMs: moment,
  /** Cycles that succeeded, and those due that did not. */
  done: count,
  missed: count,
  /** Of those missed: while no engine ran. */
  whileOff: count.default(0),
  /** Attempts that failed. */
  errors: count,
  sumBytes: count,
  maxBytes: count,
  /** Cycles that sent something, and how long each took from source time to confirmation. */
  sent: count,
  sumLatencyMs: count,
  maxLatencyMs: count,
});
export type StatisticsRecord = Readonly<z.infer<typeof statisticsRecord>>;

/** Where the counting of a VM's cycles stands. */
export const statisticsState = z.object({
  vmId: z.string(),
  resetAtMs: moment.nullable(),
  /** When the last cycle counted was due; null when the next one is to be counted without looking back. */
  countedAtMs: moment.nullable(),
  /** How that cycle ended. */
  countedFailed: z.boolean(),
  /** Since when too many cycles are missed, and since when they take too long; null while they do not. */
  missedSinceMs: moment.nullable(),
  slowSinceMs: moment.nullable(),
  /** When no engine ran, as far as the cycles due then are not counted yet. */
  offPeriods: z.array(z.object({ fromMs: moment, toMs: moment })).optional(),
  /** The last time that no engine ran, until a cycle succeeds after it. */
  lastOff: z.object({ fromMs: moment, toMs: moment }).nullable().optional(),
});
export type StatisticsState = Readonly<z.infer<typeof statisticsState>>;

const keepMs = 32 * 24 * 3_600_000;

/** Statistics of cycles, an hour to a record: bounded however short the cycles are. */
export class StatisticsTable {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  get(vmId: string, fromMs: number): StatisticsRecord | null {
    return this.select('vm_id = ? AND from_ms = ?', [vmId, fromMs])[0] ?? null;
  }

  /** A VM's records that begin at `fromMs` or later, oldest first. */
  list(vmId: string, fromMs: number): StatisticsRecord[] {
    return this.select('vm_id = ? AND from_ms >= ? ORDER BY from_ms', [vmId, fromMs]);
  }

  put(record: StatisticsRecord): void {
    const sql = `INSERT INTO statistics (vm_id, from_ms, record) VALUES (?, ?, ?)
      ON CONFLICT (vm_id, from_ms) DO UPDATE SET record = excluded.record`;
    const text = printRecord(statisticsRecord, record);
    this.#file.write('normal', () => this.#file.prepare(sql).run(record.vmId, record.fromMs, text));
  }

  /** Forgets what is older than 32 days. */
  prune(nowMs: number): void {
    this.#file.write('normal', () =>
      this.#file.prepare('DELETE FROM statistics WHERE from_ms < ?').run(nowMs - keepMs),
    );
  }

  private select(condition: string, values: readonly (string | number)[]): StatisticsRecord[] {
    const sql = `SELECT record FROM statistics WHERE ${condition}`;
    const rows = this.#file.read(() =>
      this.#file
        .prepare(sql)
        .pluck()
        .all(...values),
    );
    return rows.map((row) => parseRecord(statisticsRecord, row as string, this.#file.path, 'statistics'));
  }
}
