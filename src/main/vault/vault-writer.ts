import { ReplicationError } from '../../contract/errors.ts';
import type { VaultVm, VaultWriter } from './replica-vault.ts';

/** @throws VAULT_IN_USE when another installation than `writer` replicates the VM */
export const requireWriter = (
  { vm, writerSinceMs }: { readonly vm: VaultVm; readonly writerSinceMs: number },
  writer: VaultWriter,
  file: string,
): void => {
  if (vm.writer.installationId === writer.installationId) return;
  const since = new Date(writerSinceMs).toISOString();
  throw new ReplicationError(
    'VAULT_IN_USE',
    `The VM ${vm.name} is replicated into the vault by ${vm.writer.name}, since ${since}.`,
    { vm: vm.name, file },
  );
};
