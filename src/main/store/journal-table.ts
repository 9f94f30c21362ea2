import type { z } from 'zod';
import { parseRecord, printRecord } from './record-json.ts';
import type { Numbered } from './records.ts';
import { storeDamaged } from './sqlite-error.ts';
import type { StoreFile } from './store-file.ts';

interface Shape<R> {
  readonly table: string;
  readonly schema: z.ZodType<R>;
  /** Columns beside the record. */
  readonly columns: (record: R) => Readonly<Record<string, string | number | null>>;
  /** How many of the newest are kept. */
  readonly keep: number;
  /** Which of the old ones may go; all when not given. */
  readonly disposable?: string;
}

export interface JournalQuery {
  /** The newest so many; everything when not given. */
  readonly limit?: number | undefined;
  readonly vmId?: string | undefined;
  /** Only those numbered above it; the oldest `limit` of them. */
  readonly sinceId?: number | undefined;
}

interface Row {
  readonly id: number;
  readonly record: string;
}

/** Numbered records in the order they happened; the oldest are forgotten so that the file stays small. */
export class JournalTable<R extends object> {
  protected readonly file: StoreFile;
  readonly #shape: Shape<R>;

  constructor(file: StoreFile, shape: Shape<R>) {
    this.file = file;
    this.#shape = shape;
  }

  /** Returns the record's number, which is never given again. */
  add(record: R): number {
    const { table, schema, columns, keep, disposable } = this.#shape;
    const values = { ...columns(record), record: printRecord(schema, record) };
    const names = Object.keys(values);
    return this.file.write('normal', () => {
      const inserted = this.file
        .prepare(
          `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
        )
        .run(values);
      const id = Number(inserted.lastInsertRowid);
      const condition = disposable === undefined ? '' : ` AND ${disposable}`;
      this.file.prepare(`DELETE FROM ${table} WHERE id <= ?${condition}`).run(id - keep);
      return id;
    });
  }

  get(id: number): Numbered<R> | null {
    return this.select('WHERE id = ?', [id])[0] ?? null;
  }

  /** Replaces a record; one that was forgotten meanwhile stays so. */
  put(id: number, record: R): void {
    const { table, schema, columns } = this.#shape;
    const values = { ...columns(record), record: printRecord(schema, record), id };
    const assignments = Object.keys(values).map((name) => `${name} = @${name}`);
    this.file.write('normal', () =>
      this.file.prepare(`UPDATE ${table} SET ${assignments.join(', ')} WHERE id = @id`).run(values),
    );
  }

  /** Oldest first. */
  list({ limit, vmId, sinceId }: JournalQuery = {}): Numbered<R>[] {
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    if (vmId !== undefined) {
      conditions.push('vm_id = ?');
      values.push(vmId);
    }
    if (sinceId !== undefined) {
      conditions.push('id > ?');
      values.push(sinceId);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const order = sinceId === undefined ? 'DESC' : 'ASC';
    const rows = this.select(`${where} ORDER BY id ${order} LIMIT ?`, [...values, limit ?? -1]);
    return sinceId === undefined ? rows.reverse() : rows;
  }

  /** @throws ReplicationError `STORE_DAMAGED` when a record is not JSON */
  check(): void {
    const { table } = this.#shape;
    const sql = `SELECT record FROM ${table} WHERE NOT json_valid(record) LIMIT 1`;
    const broken = this.file.read(() => this.file.prepare(sql).pluck().get());
    if (broken !== undefined) throw storeDamaged(this.file.path, `a record of ${table} is not JSON`);
  }

  removeVm(vmId: string): void {
    this.file.write('normal', () =>
      this.file.prepare(`DELETE FROM ${this.#shape.table} WHERE vm_id = ?`).run(vmId),
    );
  }

  protected select(clause: string, values: readonly (string | number)[]): Numbered<R>[] {
    const { table, schema } = this.#shape;
    const rows = this.file.read(() =>
      this.file.prepare<Row>(`SELECT id, record FROM ${table} ${clause}`).all(...values),
    );
    return rows.map(({ id, record }) => ({ ...parseRecord(schema, record, this.file.path, table), id }));
  }
}
