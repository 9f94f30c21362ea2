import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { DeviceCode, SignIn, SignInReport } from '../../contract/sign-in.ts';
import type { Clock } from '../platform/clock.ts';
import type { SecretStore } from '../platform/secret-store.ts';
import { type AzureAccess, parseConnectionString } from '../vault/azure/azure-access.ts';
import { signInReport } from '../vault/azure/sign-in-report.ts';
import { isAzureTarget } from '../vault/open-vault.ts';

/** What a person gives to add or open a vault: sign-in and passphrase are shown and written down nowhere. */
export interface VaultEntry {
  readonly name: string;
  readonly target: string;
  readonly connectionString?: string | undefined;
  readonly encrypt?: boolean | undefined;
  readonly passphrase?: string | undefined;
  readonly signIn?: SignIn | undefined;
}

/** Loaded only where a storage account is added. */
const signInTools = () => import('../vault/azure/sign-in-access.ts');

/** The sign-ins of storage accounts and the keys of encrypted vaults, in the secret store and nowhere else. */
export class SignInKeeper {
  private readonly secrets: SecretStore;
  private readonly clock: Clock;
  private readonly dataDirectory: string;
  private readonly tell: (code: DeviceCode) => void;
  /** Who is waited for, by the vault's name. */
  private readonly waiting = new Map<string, AbortController>();

  /** @param tell shows a person the code to type */
  constructor(secrets: SecretStore, clock: Clock, dataDirectory: string, tell: (code: DeviceCode) => void) {
    this.secrets = secrets;
    this.clock = clock;
    this.dataDirectory = dataDirectory;
    this.tell = tell;
  }

  /** What can be read of it here; null also where it is sealed. */
  known(vaultId: string): AzureAccess | null {
    return this.secrets.isSealed(secretKey(vaultId)) ? null : this.of(vaultId);
  }

  /** @throws SECRET_SEALED */
  of(vaultId: string): AzureAccess | null {
    const secret = this.secrets.get(secretKey(vaultId));
    return secret === null ? null : (JSON.parse(secret) as AzureAccess);
  }

  keep(vaultId: string, access: AzureAccess): void {
    const former = this.known(vaultId);
    this.secrets.put(secretKey(vaultId), JSON.stringify(access));
    const formerCache = former === null ? null : cacheOf(former);
    if (formerCache !== null && formerCache !== cacheOf(access)) rmSync(formerCache, { force: true });
  }

  encryptionKeyOf(vaultId: string): string | null {
    return this.secrets.get(encryptionSecretKey(vaultId));
  }

  keepEncryptionKey(vaultId: string, encryptionKey: string): void {
    this.secrets.put(encryptionSecretKey(vaultId), encryptionKey);
  }

  forget(vaultId: string): void {
    const access = this.known(vaultId);
    const cache = access === null ? null : cacheOf(access);
    this.secrets.remove(secretKey(vaultId));
    this.secrets.remove(encryptionSecretKey(vaultId));
    if (cache !== null) rmSync(cache, { force: true });
  }

  /** What may be shown of it; null when there is none. */
  report(vaultId: string): SignInReport | null {
    const access = this.known(vaultId);
    return access === null ? null : signInReport(access, this.clock.now());
  }

  /** Waits no longer for somebody who types a code for that vault. False when nobody is waited for. */
  cancel(name: string): boolean {
    const waiting = this.waiting.get(name);
    waiting?.abort();
    return waiting !== undefined;
  }

  /**
   * The access that an entry asks for; undefined for a directory.
   * @throws INPUT_INVALID, VAULT_ACCESS_DENIED; CANCELLED when nobody is waited for any more
   */
  async accessFor({ name, target, connectionString, signIn }: VaultEntry): Promise<AzureAccess | undefined> {
    if (!isAzureTarget(target)) return undefined;
    if (connectionString !== undefined) return parseConnectionString(connectionString);
    if (signIn !== undefined) {
      const { accessOf } = await signInTools();
      const waiting = new AbortController();
      // A code that is asked for again takes the place of the one before.
      this.cancel(name);
      this.waiting.set(name, waiting);
      try {
        return await accessOf(signIn, {
          cachePath: join(this.dataDirectory, `tokens-${randomUUID()}.json`),
          authorityHost: process.env.AZURE_AUTHORITY_HOST || undefined,
          signal: waiting.signal,
          tell: ({ lastsMs, userCode, verificationUri, message }) => {
            const expiresAt = new Date(this.clock.now() + lastsMs).toISOString();
            this.tell({ vault: name, userCode, verificationUri, message, expiresAt });
          },
        });
      } finally {
        if (this.waiting.get(name) === waiting) this.waiting.delete(name);
      }
    }
    throw new ReplicationError(
      'INPUT_INVALID',
      `${target} is in a storage account: set AZURE_STORAGE_CONNECTION_STRING to its connection string, or name the account and how to sign in.`,
    );
  }
}

const secretKey = (vaultId: string): string => `vault:${vaultId}`;
const encryptionSecretKey = (vaultId: string): string => `vault:${vaultId}:encryption`;

const cacheOf = ({ credential }: AzureAccess): string | null =>
  credential.kind === 'entra' && credential.method === 'deviceCode' ? credential.cachePath : null;
