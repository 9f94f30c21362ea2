import type { z } from 'zod';
import { parseRecord, printRecord } from './record-json.ts';
import type { StoreFile } from './store-file.ts';

interface Shape<K extends readonly string[], R> {
  readonly table: string;
  readonly keys: { readonly [I in keyof K]: string };
  readonly keyOf: (record: R) => K;
  readonly schema: z.ZodType<R>;
  /** The part of a record that `known.json` tells too. */
  readonly known?: (record: R) => unknown;
}

/** Records found by a key of their own fields. Writes are durable when they return. */
export class KeyedTable<K extends readonly string[], R> {
  readonly #file: StoreFile;
  readonly #shape: Shape<K, R>;
  /** The known part of each record as last put. */
  readonly #known = new Map<string, string>();

  constructor(file: StoreFile, shape: Shape<K, R>) {
    this.#file = file;
    this.#shape = shape;
  }

  get(...key: K): R | null {
    const [row] = this.rows(key);
    return row ?? null;
  }

  /** Every record, or those whose key begins with `prefix`; ordered by key. */
  list(...prefix: string[]): R[] {
    return this.rows(prefix);
  }

  /** Adds the record or replaces the one of the same key. */
  put(record: R): void {
    const { table, keys, keyOf, schema } = this.#shape;
    const columns = [...keys, 'record'];
    const values = [...keyOf(record), printRecord(schema, record)];
    // Not REPLACE, which deletes the row first and with it what refers to it.
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
      ON CONFLICT (${keys.join(', ')}) DO UPDATE SET record = excluded.record`;
    this.#file.write('full', () => this.#file.prepare(sql).run(...values));
    this.noteKnown(record);
  }

  /** Whether there was one. */
  remove(...key: K): boolean {
    const sql = `DELETE FROM ${this.#shape.table} WHERE ${where(this.#shape.keys)}`;
    const { changes } = this.#file.write('full', () => this.#file.prepare(sql).run(...key));
    if (this.#shape.known !== undefined) this.#file.onKnownChange?.();
    return changes > 0;
  }

  private noteKnown(record: R): void {
    const { known, keyOf } = this.#shape;
    if (known === undefined) return;
    const key = JSON.stringify(keyOf(record));
    const part = JSON.stringify(known(record));
    if (this.#known.get(key) === part) return;
    this.#known.set(key, part);
    this.#file.onKnownChange?.();
  }

  private rows(prefix: readonly string[]): R[] {
    const { table, keys, schema } = this.#shape;
    const condition = prefix.length === 0 ? '' : `WHERE ${where(keys.slice(0, prefix.length))}`;
    const sql = `SELECT record FROM ${table} ${condition} ORDER BY ${keys.join(', ')}`;
    const rows = this.#file.read(() =>
      this.#file
        .prepare(sql)
        .pluck()
        .all(...prefix),
    );
    return rows.map((row) => parseRecord(schema, row as string, this.#file.path, table));
  }
}

const where = (columns: readonly string[]): string => columns.map((column) => `${column} = ?`).join(' AND ');
