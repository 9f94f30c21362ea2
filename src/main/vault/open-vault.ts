import { resolve } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { systemClock } from '../platform/clock.ts';
import type { AzureAccess } from './azure/azure-access.ts';
import { createDirectoryVault, DirectoryVault, openDirectoryVault } from './directory/directory-vault.ts';
import { nodeFileOps } from './directory/file-ops.ts';
import { requireAnswer } from './directory/require-answer.ts';
import { unpaced, type WritePacer } from './pacing/write-pacer.ts';
import type { ReplicaVault } from './replica-vault.ts';

/** A vault that is known already: what the store remembers of it, and the sign-in that is kept apart. */
export interface KnownVault {
  readonly kind: 'directory' | 'azure';
  readonly target: string;
  readonly vaultId: string;
  readonly access?: AzureAccess;
  /** Requests in flight for each VM; 4 unless given. */
  readonly threads?: number;
  /** Of an encrypted vault: what `encryptionKey` said when it was opened. */
  readonly encryptionKey?: string;
}

/** What a person gives to open a vault. */
export interface VaultAccess {
  readonly access?: AzureAccess | undefined;
  readonly passphrase?: string | undefined;
  /** A vault that is made is encrypted; only in a storage account. */
  readonly encrypt?: boolean | undefined;
}

const azurePrefix = 'azure:';

export const isAzureTarget = (target: string): boolean => target.startsWith(azurePrefix);

const containerOf = (target: string): string => target.slice(azurePrefix.length);

/** Loaded only where a storage account is used: it is large. */
const azureVaults = () => import('./azure/azure-vault.ts');

/** Begins to load what a vault of that kind takes. Should that fail, whoever opens one gets to know. */
export const preloadVault = (kind: 'directory' | 'azure'): void => {
  if (kind === 'azure') azureVaults().catch(() => undefined);
};

/**
 * The vault behind `target`. Nothing is touched until it is used; each use checks that the vault with that id is there,
 * and throws VAULT_UNREACHABLE, VAULT_NOT_FOUND or VAULT_FOREIGN otherwise.
 * @throws VAULT_ACCESS_DENIED for a storage account without a sign-in
 */
export const openReplicaVault = async (
  known: KnownVault,
  pacer: WritePacer = unpaced,
): Promise<ReplicaVault> => {
  const { kind, target, vaultId, threads, encryptionKey } = known;
  if (kind === 'directory')
    return new DirectoryVault(resolve(target), vaultId, { ...nodeFileOps, pacer }, systemClock);
  const access = requireAccess(known);
  const { AzureVault } = await azureVaults();
  const key = encryptionKey === undefined ? undefined : Buffer.from(encryptionKey, 'base64');
  return new AzureVault(containerOf(target), access, vaultId, { threads, pacer, key });
};

/**
 * As `openReplicaVault`, for the thread that serves people: a directory that does not answer is not touched there.
 * @throws VAULT_UNREACHABLE; else as `openReplicaVault`
 */
export const openAnsweringVault = async (known: KnownVault): Promise<ReplicaVault> => {
  if (known.kind === 'directory') await requireAnswer(resolve(known.target));
  return openReplicaVault(known);
};

/**
 * Opens the vault that a person named, making an absent or empty one first.
 * @throws VAULT_*, INPUT_INVALID
 */
export const createReplicaVault = async (
  target: string,
  { access, ...unlocking }: VaultAccess = {},
): Promise<ReplicaVault> => {
  if (!isAzureTarget(target)) {
    refuseEncryption(target, unlocking);
    await requireAnswer(resolve(target));
    return createDirectoryVault(target);
  }
  const { createAzureVault } = await azureVaults();
  return createAzureVault(containerOf(target), requireAccess({ target, access }), unlocking);
};

/** Opens the vault that a person named, and makes nothing. @throws VAULT_*, INPUT_INVALID */
export const openExistingVault = async (
  target: string,
  { access, ...unlocking }: VaultAccess = {},
): Promise<ReplicaVault> => {
  if (!isAzureTarget(target)) {
    await requireAnswer(resolve(target));
    return openDirectoryVault(target);
  }
  const { openAzureVault } = await azureVaults();
  return openAzureVault(containerOf(target), requireAccess({ target, access }), unlocking);
};

const refuseEncryption = (target: string, { encrypt }: VaultAccess): void => {
  if (encrypt !== true) return;
  const text = `${target} is a directory: only vaults in a storage account can be encrypted. Encrypt the volume instead.`;
  throw new ReplicationError('INPUT_INVALID', text, { file: target });
};

const requireAccess = ({
  target,
  access,
}: {
  target: string;
  access?: AzureAccess | undefined;
}): AzureAccess => {
  if (access !== undefined) return access;
  throw new ReplicationError(
    'VAULT_ACCESS_DENIED',
    `There is no sign-in for the storage account of ${target}; give it with hvrc vault add, as for a new vault.`,
    { file: target },
  );
};
