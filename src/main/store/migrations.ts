import type Database from 'better-sqlite3';

/** Marks the file as ours: "HVRC". */
export const applicationId = 0x48565243;

/**
 * Entry n brings a database from `user_version` n to n + 1. Entries are never edited once released, only added.
 *
 * Records are kept as JSON beside the columns by which they are looked up: they are read and written whole, and every one is
 * checked against its schema in `records.ts` on the way in and out, which is stricter than column types.
 */
const migrations: readonly string[] = [
  `CREATE TABLE settings (key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE vaults (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE protections (vm_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE protected_disks (
     vm_id TEXT NOT NULL REFERENCES protections (vm_id) ON DELETE CASCADE,
     disk_id TEXT NOT NULL,
     record TEXT NOT NULL,
     PRIMARY KEY (vm_id, disk_id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE jobs (
     id INTEGER PRIMARY KEY AUTOINCREMENT, vm_id TEXT NOT NULL, ended INTEGER NOT NULL, record TEXT NOT NULL
   ) STRICT;
   CREATE INDEX jobs_not_ended ON jobs (id) WHERE ended = 0;
   CREATE TABLE attempts (id INTEGER PRIMARY KEY AUTOINCREMENT, vm_id TEXT NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE INDEX attempts_of_vm ON attempts (vm_id, id);
   CREATE TABLE cycles (id INTEGER PRIMARY KEY AUTOINCREMENT, vm_id TEXT NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE INDEX cycles_of_vm ON cycles (vm_id, id);
   CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, vm_id TEXT, record TEXT NOT NULL) STRICT;
   CREATE INDEX events_of_vm ON events (vm_id, id);`,
  // Samples are numbers alone, hundreds of thousands of them: no JSON.
  `CREATE TABLE series (
     id INTEGER PRIMARY KEY,
     vm_id TEXT NOT NULL REFERENCES protections (vm_id) ON DELETE CASCADE,
     kind TEXT NOT NULL,
     subject TEXT NOT NULL,
     UNIQUE (vm_id, kind, subject)
   ) STRICT;
   CREATE TABLE samples (
     series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
     tier INTEGER NOT NULL,
     at INTEGER NOT NULL,
     value INTEGER,
     PRIMARY KEY (series, tier, at)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE statistics (
     vm_id TEXT NOT NULL REFERENCES protections (vm_id) ON DELETE CASCADE,
     from_ms INTEGER NOT NULL,
     record TEXT NOT NULL,
     PRIMARY KEY (vm_id, from_ms)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE statistics_state (
     vm_id TEXT PRIMARY KEY REFERENCES protections (vm_id) ON DELETE CASCADE, record TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE resyncs (id INTEGER PRIMARY KEY AUTOINCREMENT, vm_id TEXT NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE INDEX resyncs_of_vm ON resyncs (vm_id, id);`,
  `CREATE TABLE comparisons (
     vm_id TEXT PRIMARY KEY REFERENCES protections (vm_id) ON DELETE CASCADE, record TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // Failures of before stay a week from when they were, like new ones.
  `ALTER TABLE attempts ADD COLUMN kept_until INTEGER NOT NULL DEFAULT 0;
   UPDATE attempts SET kept_until = json_extract(record, '$.atMs') + 604800000
     WHERE json_extract(record, '$.outcome') = 'failed';
   DROP INDEX attempts_of_vm;
   CREATE INDEX attempts_of_vm ON attempts (vm_id, id, kept_until);`,
];

export const newestVersion = migrations.length;

/** Brings the database to the newest version, each step in a transaction of its own. */
export const migrate = (database: Database.Database): void => {
  for (let version = userVersion(database); version < newestVersion; version++) {
    const step = migrations[version]!;
    database.transaction(() => {
      database.exec(step);
      database.pragma(`user_version = ${version + 1}`);
      database.pragma(`application_id = ${applicationId}`);
    })();
  }
};

export const userVersion = (database: Database.Database): number =>
  database.pragma('user_version', { simple: true }) as number;
