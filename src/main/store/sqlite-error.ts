import Database from 'better-sqlite3';
import { ReplicationError } from '../../contract/errors.ts';

const damaged = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_FORMAT'];

/** A failure of SQLite as an error of the catalogue; anything else passes through. */
export const fromSqlite = (thrown: unknown, path: string): unknown => {
  if (!(thrown instanceof Database.SqliteError)) return thrown;
  const context = { file: path, cause: thrown };
  if (damaged.some((code) => thrown.code.startsWith(code))) return storeDamaged(path, thrown.message, thrown);
  if (thrown.code.startsWith('SQLITE_FULL'))
    return new ReplicationError(
      'VOLUME_LOW_SPACE',
      `There is no room to write the database ${path}.`,
      context,
    );
  return new ReplicationError(
    'STORE_FAILED',
    `The database ${path} cannot be used: ${thrown.message}.`,
    context,
  );
};

export const storeDamaged = (path: string, finding: string, cause?: unknown): ReplicationError =>
  new ReplicationError('STORE_DAMAGED', `The database ${path} is damaged: ${finding}.`, {
    file: path,
    cause,
  });
