import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { ReplicationError } from '../../contract/errors.ts';
import { createDataDirectory } from '../platform/data-directory.ts';
import { applicationId, migrate, newestVersion, userVersion } from './migrations.ts';
import { fromSqlite, storeDamaged } from './sqlite-error.ts';

/**
 * How a write survives power loss. `full` waits for the disk: for the state machine, where a forgotten write would break an
 * invariant: a cut number assigned twice, a checkpoint or a completed disk that the vault disagrees with. `normal` may lose
 * the last writes (never the order, never the file): for events, jobs and history, which are many and only tell a story.
 */
export type Durability = 'full' | 'normal';

/** The one connection to the database, and what every table goes through: durability, transactions, errors. */
export class StoreFile {
  readonly path: string;
  readonly database: Database.Database;
  /** Called when something was written that `known.json` tells, perhaps within a transaction that is not committed yet. */
  onKnownChange: (() => void) | null = null;
  #durability: Durability = 'full';
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();

  /** @throws ReplicationError `STORE_DAMAGED`, `STORE_UNSUPPORTED`, `STORE_FAILED`, `DATA_DIRECTORY_UNUSABLE` */
  constructor(path: string) {
    this.path = path;
    createDataDirectory(dirname(path));
    if (existsSync(path) && statSync(path).size > 0) inspect(path);
    this.database = this.guard(() => new Database(path));
    try {
      this.guard(() => {
        this.database.pragma('journal_mode = WAL');
        this.database.pragma('synchronous = FULL');
        this.database.pragma('foreign_keys = ON');
        migrate(this.database);
      });
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /** A statement, compiled once: the tables ask for the same few over and over. Its rows are what the caller says. */
  prepare<R = unknown>(sql: string): Database.Statement<unknown[], R> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known as Database.Statement<unknown[], R>;
    const statement = this.database.prepare<unknown[]>(sql);
    this.#statements.set(sql, statement);
    return statement as Database.Statement<unknown[], R>;
  }

  read<T>(query: () => T): T {
    return this.guard(query);
  }

  /** Inside a transaction the transaction's durability holds. */
  write<T>(durability: Durability, change: () => T): T {
    return this.guard(() => {
      if (!this.database.inTransaction && durability !== this.#durability) {
        this.database.pragma(`synchronous = ${durability}`);
        this.#durability = durability;
      }
      return change();
    });
  }

  /** All of `change` or nothing, durably unless told otherwise. `change` must not be async. */
  transaction<T>(change: () => T, durability: Durability = 'full'): T {
    return this.write(durability, () => this.database.transaction(change).immediate());
  }

  close(): void {
    this.guard(() => this.database.close());
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fromSqlite(error, this.path);
    }
  }
}

/** Looks at an existing database through a read-only connection, so that one that is damaged stays as it was found. */
const inspect = (path: string): void => {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    const version = userVersion(database);
    const id = database.pragma('application_id', { simple: true });
    const finding = database.pragma('integrity_check(1)', { simple: true });
    if (finding !== 'ok') throw storeDamaged(path, String(finding));
    if (id !== applicationId && !isEmpty(database))
      throw storeDamaged(path, 'it is the database of another program');
    if (version > newestVersion)
      throw new ReplicationError(
        'STORE_UNSUPPORTED',
        `The database ${path} has version ${version}; this product knows up to ${newestVersion}.`,
        { file: path },
      );
  } catch (error) {
    throw fromSqlite(error, path);
  } finally {
    database?.close();
  }
};

/** A crash before the first migration leaves a database without tables. */
const isEmpty = (database: Database.Database): boolean =>
  database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;

/** Whether anything was ever put into the database; true for what is no database at all. */
export const hasTables = (path: string): boolean => {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    return !isEmpty(database);
  } catch {
    // Opening it for use tells what is wrong with it.
    return true;
  } finally {
    database?.close();
  }
};
