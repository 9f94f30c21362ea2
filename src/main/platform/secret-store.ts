import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ReplicationError } from '../../contract/errors.ts';
import { writeFileAtomically } from './durable.ts';
import { errnoOf } from './positional-io.ts';

/** Where sign-ins are kept: never in the database, logs, events, reports or on command lines. */
export interface SecretStore {
  /** @throws SECRET_SEALED when only the system's key store of another door opens it, or of another account */
  get(key: string): string | null;
  /** Whether there is one that `get` would not give. */
  isSealed(key: string): boolean;
  put(key: string, secret: string): void;
  remove(key: string): void;
}

/** The system's key store: seals for the account that is signed in. */
export interface SecretSealer {
  seal(secret: string): Buffer;
  /** Throws where it was sealed by another account or elsewhere. */
  open(sealed: Buffer): string;
}

/** As it is kept: readable, or what a sealer made of it, in base64. */
type Kept = string | { readonly sealed: string };

const keptSchema: z.ZodType<Record<string, Kept>> = z.record(
  z.string(),
  z.union([z.string(), z.object({ sealed: z.string() })]),
);

const ownerOnly = 0o600;

/**
 * Secrets in a file that only its owner may read, sealed there where a door has the system's key store. On Windows, where
 * modes mean nothing, the data directory's place in the user's profile is what keeps others out besides.
 */
export class FileSecretStore implements SecretStore {
  readonly #path: string;
  readonly #sealer: SecretSealer | null;

  /** @param sealer the key store; null for doors that have none: they keep what they are given readable */
  constructor(path: string, sealer: SecretSealer | null = null) {
    this.#path = path;
    this.#sealer = sealer;
  }

  get(key: string): string | null {
    const kept = this.#read().get(key) ?? null;
    return kept === null || typeof kept === 'string' ? kept : this.#open(kept.sealed);
  }

  isSealed(key: string): boolean {
    try {
      this.get(key);
      return false;
    } catch (error) {
      if (error instanceof ReplicationError && error.code === 'SECRET_SEALED') return true;
      throw error;
    }
  }

  put(key: string, secret: string): void {
    const sealed = this.#sealer?.seal(secret).toString('base64');
    this.#write(this.#read().set(key, sealed === undefined ? secret : { sealed }));
  }

  remove(key: string): void {
    const secrets = this.#read();
    if (secrets.delete(key)) this.#write(secrets);
  }

  #open(sealed: string): string {
    try {
      if (this.#sealer !== null) return this.#sealer.open(Buffer.from(sealed, 'base64'));
    } catch (cause) {
      throw sealedAway(this.#path, cause);
    }
    throw sealedAway(this.#path);
  }

  #read(): Map<string, Kept> {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') return new Map();
      throw this.#unusable('cannot be read', cause);
    }
    try {
      const kept = keptSchema.safeParse(JSON.parse(text));
      if (kept.success) return new Map(Object.entries(kept.data));
    } catch {
      // What the parser says would quote the file: nobody must see that.
    }
    throw this.#unusable('is damaged');
  }

  #write(secrets: ReadonlyMap<string, Kept>): void {
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

const sealedAway = (file: string, cause?: unknown): ReplicationError =>
  new ReplicationError(
    'SECRET_SEALED',
    `What is needed to sign in lies in ${file}, sealed by the system’s key store, and cannot be opened by this program.`,
    { file, cause },
  );
