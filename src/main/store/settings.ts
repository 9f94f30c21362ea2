import { z } from 'zod';
import { parseRecord, printRecord } from './record-json.ts';
import type { StoreFile } from './store-file.ts';

/** A setting's name and what may stand in it; declared beside the code that uses it. */
export interface Setting<T> {
  readonly key: string;
  readonly schema: z.ZodType<T>;
}

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
  }

  remove({ key }: Setting<unknown>): void {
    this.#file.write('full', () => this.#file.prepare('DELETE FROM settings WHERE key = ?').run(key));
  }
}
