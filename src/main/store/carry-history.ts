import Database from 'better-sqlite3';
import { newestVersion, userVersion } from './migrations.ts';
import type { StoreFile } from './store-file.ts';

/** Table → which of its rows tell a story and nothing else: what stands beside `known.json` is not taken from a damaged file. */
const history: readonly (readonly [table: string, rows: string])[] = [
  ['jobs', 'ended = 1'],
  ['attempts', 'true'],
  ['cycles', 'true'],
  ['events', 'true'],
  ['resyncs', 'true'],
  ['series', 'vm_id IN (SELECT value FROM json_each(@vms))'],
  ['samples', 'series IN (SELECT id FROM series WHERE vm_id IN (SELECT value FROM json_each(@vms)))'],
  ['statistics', 'vm_id IN (SELECT value FROM json_each(@vms))'],
  ['statistics_state', 'vm_id IN (SELECT value FROM json_each(@vms))'],
];

/**
 * Copies the history out of a database that was set aside into a new one, as far as SQLite finds it whole; the file aside
 * stays as it is. To be called in a transaction of the new one, after its protections.
 * @throws whatever SQLite finds wrong with it
 */
export const carryHistory = (fromPath: string, to: StoreFile): void => {
  const from = new Database(fromPath, { readonly: true, fileMustExist: true });
  try {
    if (userVersion(from) !== newestVersion) throw new Error('it is of another version');
    if (from.pragma('integrity_check(1)', { simple: true }) !== 'ok') throw new Error('it is not whole');
    const vms = JSON.stringify(to.prepare('SELECT vm_id FROM protections').pluck().all());
    for (const [table, condition] of history) {
      const rows = from.prepare(`SELECT * FROM ${table} WHERE ${condition}`);
      const found = condition.includes('@vms') ? rows.iterate({ vms }) : rows.iterate();
      const names = rows.columns().map(({ name }) => name);
      const into = to.prepare(
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
      );
      for (const row of found) into.run(row);
    }
  } finally {
    from.close();
  }
};
