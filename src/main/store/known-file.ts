import { readFileSync } from 'node:fs';
import { ReplicationError } from '../../contract/errors.ts';
import { writeFileAtomically } from '../platform/durable.ts';
import { errnoOf } from '../platform/positional-io.ts';
import { generationSetting, type Known, knownDisk, knownProtection, knownSchema } from './known.ts';
import { isKnownSetting } from './settings.ts';
import type { Store } from './store.ts';

const ownerOnly = 0o600;

/**
 * Null when there is no such file.
 * @throws ReplicationError `STORE_DAMAGED` when it does not hold what it should, `DATA_DIRECTORY_UNUSABLE`
 */
export const readKnown = (path: string): Known | null => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw new ReplicationError('DATA_DIRECTORY_UNUSABLE', `The file ${path} cannot be read.`, {
      file: path,
      cause,
    });
  }
  try {
    return knownSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ReplicationError('STORE_DAMAGED', `The file ${path} does not hold what it should.`, {
      file: path,
      cause,
    });
  }
};

/** Keeps `known.json` what the database says, whenever that changes. */
export class KnownFile {
  readonly #path: string;
  readonly #store: Store;
  readonly #failed: (error: ReplicationError) => void;
  #text: string | null = null;
  #isDue = false;
  #isFailing = false;

  /** @param failed hears of the first of several failures to write it */
  constructor(path: string, store: Store, failed: (error: ReplicationError) => void) {
    this.#path = path;
    this.#store = store;
    this.#failed = failed;
    store.followKnown(() => {
      if (this.#isDue) return;
      this.#isDue = true;
      // After the transaction that it may be part of, and before anything that waits for it goes on.
      queueMicrotask(() => {
        if (this.#isDue) this.write();
      });
    });
  }

  write(): void {
    this.#isDue = false;
    try {
      const known = knownOf(this.#store);
      const text = JSON.stringify(known);
      if (text === this.#text) return;
      const { settings } = this.#store;
      const generation = (settings.get(generationSetting) ?? 0) + 1;
      settings.put(generationSetting, generation);
      const { format, ...content } = known;
      const numbered: Known = { format, generation, ...content };
      writeFileAtomically(this.#path, `${JSON.stringify(numbered, null, 1)}\n`, ownerOnly);
      this.#text = text;
      this.#isFailing = false;
    } catch (cause) {
      if (this.#isFailing) return;
      this.#isFailing = true;
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `The file ${this.#path}, from which a damaged database is rebuilt, could not be written: ${why}.`;
      this.#failed(new ReplicationError('STORE_FAILED', message, { file: this.#path, cause }));
    }
  }

  /** Before the database is closed. */
  close(): void {
    if (this.#isDue) this.write();
  }
}

const knownOf = (store: Store): Omit<Known, 'generation'> => ({
  format: 1,
  settings: Object.fromEntries(Object.entries(store.settings.all()).filter(([key]) => isKnownSetting(key))),
  vaults: store.vaults.list(),
  protections: store.protections
    .list()
    .map((vm) => knownProtection(vm, store.protectedDisks.list(vm.vmId).map(knownDisk))),
});
