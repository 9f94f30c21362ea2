import { readFileSync } from 'node:fs';
import { ReplicationError } from '../../contract/errors.ts';
import { writeFileAtomically } from './durable.ts';
import { errnoOf } from './positional-io.ts';

/** Where sign-ins are kept: never in the database, logs, events, reports or on command lines. */
export interface SecretStore {
  get(key: string): string | null;
  put(key: string, secret: string): void;
  remove(key: string): void;
}

const ownerOnly = 0o600;

/**
 * Secrets in a file that only its owner may read. On Windows, where modes mean nothing, the data directory's place in the
 * user's profile is what keeps others out.
 */
export class FileSecretStore implements SecretStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get(key: string): string | null {
    return this.#read().get(key) ?? null;
  }

  put(key: string, secret: string): void {
    this.#write(this.#read().set(key, secret));
  }

  remove(key: string): void {
    const secrets = this.#read();
    if (secrets.delete(key)) this.#write(secrets);
  }

  #read(): Map<string, string> {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') return new Map();
      throw this.#unusable('cannot be read', cause);
    }
    try {
      const values: unknown = JSON.parse(text);
      if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
        return new Map(Object.entries(values).map(([key, value]) => [key, String(value)]));
      }
    } catch {
      // What the parser says would quote the file: nobody must see that.
    }
    throw this.#unusable('is damaged');
  }

  #write(secrets: ReadonlyMap<string, string>): void {
    try {
      writeFileAtomically(this.#path, `${JSON.stringify(Object.fromEntries(secrets))}\n`, ownerOnly);
    } catch (cause) {
      throw this.#unusable('cannot be written', cause);
    }
  }

  #unusable(what: string, cause?: unknown): ReplicationError {
    const file = this.#path;
    return new ReplicationError('DATA_DIRECTORY_UNUSABLE', `The file of sign-ins ${file} ${what}.`, {
      file,
      cause,
    });
  }
}
