import { randomUUID } from 'node:crypto';
import type { Consistency } from '../../src/contract/model.ts';
import { createDirectoryVault, type DirectoryVault } from '../../src/main/vault/directory/directory-vault.ts';
import type { RecoveryPoint, VaultDisk, VaultVm, VmReplica } from '../../src/main/vault/replica-vault.ts';
import {
  alterBlock,
  cutOf,
  deltaOf,
  makeDisk,
  makeVm,
  patternedDisk,
  smallDiskBytes,
  stageDelta,
  stageInitial,
  thisInstallation,
} from './vault-model.ts';

/** A directory vault with one VM of one disk, replicated as cut 1, and its content. */
export interface VaultSite {
  readonly vault: DirectoryVault;
  readonly vm: VaultVm;
  readonly disk: VaultDisk;
  readonly lineage: string;
  readonly replica: VmReplica;
  /** The disk as it is now; `cycle` alters it. */
  readonly bytes: Uint8Array;
  /** Alters pages (block → mask) and replicates them as the next cut. */
  cycle(
    changes: readonly (readonly [block: number, mask: number])[],
    consistency?: Consistency,
  ): Promise<RecoveryPoint | null>;
}

export const makeVaultSite = async (path: string): Promise<VaultSite> => {
  const vault = await createDirectoryVault(path);
  const disk = makeDisk();
  const vm = makeVm([disk]);
  const lineage = randomUUID();
  const bytes = patternedDisk(smallDiskBytes, 1);
  await vault.saveVm(vm);
  const replica = await vault.openVm(vm.vmId, thisInstallation);
  await stageInitial(replica, disk, bytes, lineage, 1);
  await replica.commit(cutOf(1, [disk.diskId]));
  let cut = 1;
  return {
    vault,
    vm,
    disk,
    lineage,
    replica,
    bytes,
    cycle: async (changes, consistency = 'crash') => {
      cut += 1;
      for (const [block, mask] of changes) alterBlock(bytes, block, mask, cut);
      const blocks = changes.map(([block]) => block);
      await stageDelta(replica, disk.diskId, deltaOf(lineage, cut, consistency), bytes, blocks);
      return (await replica.commit(cutOf(cut, [disk.diskId], consistency))).point;
    },
  };
};
