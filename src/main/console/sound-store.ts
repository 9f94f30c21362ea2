import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ZodError } from 'zod';
import { ReplicationError } from '../../contract/errors.ts';
import { dataPaths } from '../platform/data-directory.ts';
import { EngineSettings } from '../replication/engine-settings.ts';
import { generationSetting, type Known } from '../store/known.ts';
import { readKnown } from '../store/known-file.ts';
import { setAside } from '../store/set-aside.ts';
import { storeDamaged } from '../store/sqlite-error.ts';
import { openStore, type Store } from '../store/store.ts';
import { hasTables } from '../store/store-file.ts';
import { writeAheadDamage } from '../store/write-ahead-damage.ts';
import { hostSetting } from './host-keeper.ts';
import { rebuildStore } from './rebuild-store.ts';

export interface SoundStore {
  readonly store: Store;
  /** What was done about a damage; null when there was none. */
  readonly rebuilt: string | null;
}

/**
 * Opens the database of a data directory. One that is damaged is set aside and rebuilt:
 *
 * | found                                             | then                                                          |
 * |---------------------------------------------------|---------------------------------------------------------------|
 * | a sound database                                  | it is used                                                    |
 * | none, or an empty one, and no `known.json`        | a new one                                                     |
 * | none, or an empty one, but `known.json`           | rebuilt: something took it, or a rebuilding was cut short     |
 * | a damaged one, or a record that does not parse    | set aside, and rebuilt                                        |
 * | its `-wal` damaged, not only cut short            | likewise: SQLite would go on without what follows the damage  |
 * | older than `known.json`                           | likewise: it was put back, or its `-wal` is gone              |
 * | … and `known.json` is missing or damaged too      | both set aside, and a new one: vaults are to be added again   |
 *
 * @throws ReplicationError `STORE_DAMAGED` when it cannot be set aside; `STORE_UNSUPPORTED`, `STORE_FAILED`,
 *   `DATA_DIRECTORY_UNUSABLE`
 */
export const openSoundStore = (dataDirectory: string, nowMs: number): SoundStore => {
  const { store: path, known: knownPath } = dataPaths(dataDirectory);
  const finding = isBlank(path) ? blankFinding(path, knownPath) : damageOf(path, knownPath);
  if (finding instanceof ReplicationError) {
    const known = knownOrNothing(knownPath, nowMs);
    const aside = setAside(path, nowMs);
    const asidePath = aside === null ? null : join(dirname(path), aside);
    const text = (historyKept: boolean) => describe(finding.message, aside, known, historyKept);
    const rebuilt = rebuildStore(path, { known, asidePath }, text, nowMs);
    return { store: openStore(path), rebuilt };
  }
  return { store: finding ?? openStore(path), rebuilt: null };
};

const blankFinding = (path: string, knownPath: string): ReplicationError | null => {
  if (!existsSync(knownPath)) return null;
  const found = existsSync(path) ? 'empty' : 'gone';
  return new ReplicationError('STORE_DAMAGED', `The database ${path} is ${found}.`, { file: path });
};

/** The open store when it is sound, else what is wrong with it. */
const damageOf = (path: string, knownPath: string): Store | ReplicationError => {
  const logDamage = writeAheadDamage(path);
  if (logDamage !== null) return storeDamaged(path, logDamage);
  let store: Store | null = null;
  try {
    store = openStore(path);
    store.check();
    store.settings.get(hostSetting);
    new EngineSettings(store).all();
    requireNewest(store, knownPath);
    return store;
  } catch (error) {
    store?.close();
    if (error instanceof ZodError)
      return new ReplicationError('STORE_DAMAGED', `A setting in the database ${path} does not fit.`);
    if (error instanceof ReplicationError && error.code === 'STORE_DAMAGED') return error;
    throw error;
  }
};

/** @throws ReplicationError `STORE_DAMAGED` when the database has lost what `known.json` has seen in it */
const requireNewest = (store: Store, knownPath: string): void => {
  let generation = 0;
  try {
    generation = readKnown(knownPath)?.generation ?? 0;
  } catch (error) {
    // A sound database writes it anew.
    if (!(error instanceof ReplicationError && error.code === 'STORE_DAMAGED')) throw error;
  }
  if (generation <= (store.settings.get(generationSetting) ?? 0)) return;
  throw storeDamaged(store.path, `it is older than ${basename(knownPath)} and lacks what was written last`);
};

/** Whether there is nothing in it yet: a crash before the first table leaves such a file. */
const isBlank = (path: string): boolean => !existsSync(path) || statSync(path).size === 0 || !hasTables(path);

const knownOrNothing = (path: string, nowMs: number): Known | null => {
  try {
    return readKnown(path);
  } catch (error) {
    if (!(error instanceof ReplicationError && error.code === 'STORE_DAMAGED')) throw error;
    setAside(path, nowMs);
    return null;
  }
};

const describe = (
  finding: string,
  aside: string | null,
  known: Known | null,
  historyKept: boolean,
): string => {
  const moved = aside === null ? '' : ` It was set aside as ${basename(aside)}.`;
  const lost = historyKept
    ? 'Events, jobs and statistics were kept, but for the last ones.'
    : 'The history before this is lost: events, jobs and statistics.';
  if (known === null)
    return `${finding}${moved} Nothing told what was in it, so a new one was begun: choose the host and open the vaults again. ${lost}`;
  const { vaults, protections } = known;
  const names = [
    `${vaults.length} ${vaults.length === 1 ? 'vault' : 'vaults'}`,
    `${protections.length} ${protections.length === 1 ? 'VM' : 'VMs'}`,
  ];
  return `${finding}${moved} It was rebuilt with ${names.join(' and ')}; where each VM stands is read from its vault and its logs. ${lost}`;
};
