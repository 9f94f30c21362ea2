import { z } from 'zod';
import { parseRecord, printRecord } from './record-json.ts';
import type { StoreFile } from './store-file.ts';

/** A setting's name and what may stand in it; declared beside the code that uses it. */
export interface Setting<T> {
  readonly key: string;
  readonly schema: z.ZodType<T>;
}

type Json = z.infer<ReturnType<typeof z.json>>;

/** Whether a person chose it, or vaults know this installation by it: not what the engine only notes for itself. */
export const isKnownSetting = (key: string): boolean =>
  ['host', 'installationId', 'tracking.reserve'].includes(key) || key.startsWith('section.');

export class Settings {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** Null when it was never put. */
  get<T>({ key, schema }: Setting<T>): T | null {
    const sql = 'SELECT record FROM settings WHERE key = ?';
    const text = this.#file.read(() => this.#file.prepare(sql).pluck().get(key));
    return text === undefined
      ? null
      : parseRecord(schema, z.string().parse(text), this.#file.path, 'settings');
  }

  put<T>({ key, schema }: Setting<T>, value: T): void {
    const sql = `INSERT INTO settings (key, record) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET record = excluded.record`;
    this.#file.write('full', () => this.#file.prepare(sql).run(key, printRecord(schema, value)));
    if (isKnownSetting(key)) this.#file.onKnownChange?.();
  }

  remove({ key }: Setting<unknown>): void {
    this.#file.write('full', () => this.#file.prepare('DELETE FROM settings WHERE key = ?').run(key));
    if (isKnownSetting(key)) this.#file.onKnownChange?.();
  }

  /** All of them, by key. @throws ReplicationError `STORE_DAMAGED` when one is not JSON */
  all(): Record<string, Json> {
    const sql = 'SELECT key, record FROM settings ORDER BY key';
    const rows = this.#file.read(() => this.#file.prepare<{ key: string; record: string }>(sql).all());
    const { path } = this.#file;
    return Object.fromEntries(
      rows.map(({ key, record }) => [key, parseRecord(z.json(), record, path, 'settings')]),
    );
  }
}
