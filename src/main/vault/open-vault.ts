import { resolve } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { systemClock } from '../platform/clock.ts';
import { createDirectoryVault, DirectoryVault } from './directory/directory-vault.ts';
import { nodeFileOps } from './directory/file-ops.ts';
import type { ReplicaVault } from './replica-vault.ts';

/** A vault that is known already: what the store remembers of it. */
export interface KnownVault {
  readonly kind: 'directory' | 'azure';
  readonly target: string;
  readonly vaultId: string;
}

/**
 * The vault behind `target`. Nothing is touched until it is used; each use checks that the vault with that id is there,
 * and throws VAULT_UNREACHABLE or VAULT_FOREIGN otherwise.
 * @throws INPUT_INVALID for a kind that this version does not have
 */
export const openReplicaVault = ({ kind, target, vaultId }: KnownVault): ReplicaVault => {
  if (kind === 'directory') return new DirectoryVault(resolve(target), vaultId, nodeFileOps, systemClock);
  throw unsupported(target);
};

/**
 * Opens the vault that a person named, making an absent or empty directory one first.
 * @throws VAULT_FOREIGN, VAULT_UNSUPPORTED, VAULT_UNREACHABLE, VAULT_ACCESS_DENIED, INPUT_INVALID
 */
export const createReplicaVault = async (target: string): Promise<ReplicaVault> => {
  if (target.startsWith('azure:')) throw unsupported(target);
  return createDirectoryVault(target);
};

const unsupported = (target: string): ReplicationError =>
  new ReplicationError(
    'INPUT_INVALID',
    `${target} is not a directory: this version keeps replicas in directories.`,
  );
