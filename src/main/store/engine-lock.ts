import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { ReplicationError } from '../../contract/errors.ts';
import { createDataDirectory, dataPaths } from '../platform/data-directory.ts';
import { writeFileAtomically } from '../platform/durable.ts';

const engineFile = z.object({ pid: z.number(), startedAt: z.string(), socketPath: z.string() });
/** What `engine.json` says of the engine that has the lock, or had it last. */
export type EngineFile = Readonly<z.infer<typeof engineFile>>;

export interface EngineLock {
  readonly dataDirectory: string;
  release(): void;
}

/**
 * Makes this process the one engine of a data directory, until `release` or its death: the lock is the operating system's,
 * held through an open SQLite transaction on `engine.lock`, which Node has no call for itself. Nothing else may open that
 * file: on POSIX closing any handle of a file drops the process's locks on it.
 * @throws ReplicationError `ENGINE_RUNNING` with the other engine's pid, `DATA_DIRECTORY_UNUSABLE`
 */
export const lockEngine = (dataDirectory: string, socketPath: string): EngineLock => {
  createDataDirectory(dataDirectory);
  const paths = dataPaths(dataDirectory);
  let database: Database.Database | undefined;
  try {
    database = new Database(paths.lock, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    const startedAt = new Date().toISOString();
    const engine: EngineFile = { pid: process.pid, startedAt, socketPath };
    writeFileAtomically(paths.engine, `${JSON.stringify(engine)}\n`);
  } catch (cause) {
    database?.close();
    if (cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY'))
      throw engineRunning(dataDirectory);
    throw new ReplicationError(
      'DATA_DIRECTORY_UNUSABLE',
      `The data directory ${dataDirectory} cannot be locked: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { file: dataDirectory, cause },
    );
  }
  const held = database;
  return { dataDirectory, release: () => void held.close() };
};

const engineRunning = (dataDirectory: string): ReplicationError => {
  const pid = readEngineFile(dataDirectory)?.pid;
  return new ReplicationError(
    'ENGINE_RUNNING',
    `Another engine${pid === undefined ? '' : ` (process ${pid})`} uses the data directory ${dataDirectory}.`,
    { file: dataDirectory },
  );
};

/** Null when there is none, or it cannot be read: it only informs, the lock decides. */
export const readEngineFile = (dataDirectory: string): EngineFile | null => {
  try {
    return engineFile.parse(JSON.parse(readFileSync(dataPaths(dataDirectory).engine, 'utf8')));
  } catch {
    return null;
  }
};
