import type { CheckText, FixText } from '../../contract/engine-phrases.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';
import type { HostDisk, HostVm, UnreadableDisk } from '../host/host.ts';
import type { ReplicaVault } from '../vault/replica-vault.ts';
import type { ChosenDisks } from './choose-disks.ts';
import type { ConsoleContext } from './console-context.ts';
import { checkLimits } from './prerequisites-limits.ts';
import { failed, failedWith, passed, warnedWith } from './prerequisites-outcome.ts';
import { checkAddedDisks, checkRelationship } from './prerequisites-relationship.ts';
import { checkOwnFiles } from './prerequisites-shared.ts';
import { checkLogFolders, checkLogSpace, checkVaultSpace } from './prerequisites-space.ts';

/**
 * Everything that must hold before a VM is protected, one by one. What is tried leaves nothing behind.
 * @throws VAULT_UNKNOWN
 */
export const checkPrerequisites = async (
  context: ConsoleContext,
  vm: HostVm,
  chosen: ChosenDisks,
  vaultName: string,
): Promise<PrerequisiteCheck[]> => {
  const disks = chosen.included;
  return [
    hasDisks(vm, disks),
    ...chainsIntact(vm, chosen),
    ...checkLimits(vm, disks, context.vaults.get(vaultName).kind),
    ...(await checkLogFolders(disks)),
    ...(await checkLogSpace(context, disks)),
    ...(await checkOwnFiles(context, vm, disks)),
    ...(await checkVault(context, disks, vaultName, (vault) => checkRelationship(context, vm, disks, vault))),
  ];
};

/**
 * Everything that must hold before disks are added to the protection of a VM, of which `kept` are protected already.
 * @throws VAULT_UNKNOWN
 */
export const checkInclusion = async (
  context: ConsoleContext,
  vm: HostVm,
  added: readonly HostDisk[],
  kept: readonly HostDisk[],
  vaultName: string,
): Promise<PrerequisiteCheck[]> => [
  ...chainsIntact(vm, { included: added, excluded: [], leftOut: [], inTheWay: [] }),
  ...checkLimits(vm, [...kept, ...added], context.vaults.get(vaultName).kind),
  ...(await checkLogFolders(added)),
  ...(await checkLogSpace(context, added)),
  ...(await checkOwnFiles(context, vm, added)),
  ...(await checkVault(context, added, vaultName, async () => checkAddedDisks(vm, added))),
];

const hasDisks = (vm: HostVm, disks: readonly HostDisk[]): PrerequisiteCheck => {
  const name = 'Disks';
  if (disks.length > 0) return passed(name, disks.map((disk) => disk.name).join(', '));
  const detail = `${vm.name} has no disk to protect.`;
  return failed(name, 'VM_NO_DISKS', detail, 'Check the VM folder and the exclusions.', { vm: vm.name });
};

/**
 * The host reads every file of every chain when it lists a VM. A disk that it could not understand is never left out
 * unasked: it is in the way until it is mended or excluded.
 */
const chainsIntact = (vm: HostVm, { included, leftOut, inTheWay }: ChosenDisks): PrerequisiteCheck[] => {
  const name = 'Disk files and chains';
  if (vm.disks.length + vm.unreadable.length === 0)
    return vm.problems.map((problem) => failedWith(name, { ...problem, vm: vm.name }));
  const refusals = inTheWay.map((disk) => unreadableDisk(name, vm, disk));
  const warnings = leftOut.map(({ name: disk, error }) =>
    warnedWith(name, `${disk} is left out and will not be replicated: ${error.message}`, error),
  );
  if (refusals.length > 0) return [...refusals, ...warnings];
  const files = included.reduce((sum, disk) => sum + disk.files.length, 0);
  const intact = passed(name, `${files} ${files === 1 ? 'file' : 'files'} read, every chain complete.`);
  return [intact, ...warnings];
};

const unreadableDisk = (
  name: CheckText,
  vm: HostVm,
  { name: disk, error }: UnreadableDisk,
): PrerequisiteCheck => {
  const message = `The disk ${disk} cannot be read: ${error.message} To protect ${vm.name} without it: --exclude "${disk}".`;
  const fix: FixText = `${error.nextStep} Or leave the disk out: clear its box in the console, or --exclude "${disk}".`;
  return { ...failedWith(name, { ...error, vm: vm.name, message }), fix };
};

/** @param relate says whether something else replicates the disks; of a vault that cannot be reached it gets null */
const checkVault = async (
  context: ConsoleContext,
  disks: readonly HostDisk[],
  vaultName: string,
  relate: (vault: ReplicaVault | null) => Promise<PrerequisiteCheck>,
): Promise<PrerequisiteCheck[]> => {
  try {
    return await context.vaults.with(vaultName, async (vault) => {
      const rights = await checkRights(vault);
      const reached = rights.every(({ outcome }) => outcome === 'pass');
      const space = reached ? [await checkVaultSpace(context, await vault.info(), disks)] : [];
      return [...rights, ...space, await relate(reached ? vault : null)];
    });
  } catch (error) {
    return [failedWith('Vault', ReplicationError.from(error).toReport()), await relate(null)];
  }
};

const checkRights = async (vault: ReplicaVault): Promise<PrerequisiteCheck[]> => {
  const checks = await vault.check();
  const unreachable = checks.some(({ passed: works }) => !works) ? await whyUnreachable(vault) : null;
  return checks.map(({ right, passed: works, detail }) => {
    const name = `Vault: ${right}` as const;
    if (works) return passed(name, detail);
    if (unreachable !== null) return failedWith(name, unreachable.toReport());
    const fix = 'Give the account that runs the engine read, write and delete rights in the vault.';
    return failed(name, 'VAULT_ACCESS_DENIED', detail, fix, { file: vault.target });
  });
};

/** A vault that cannot be reached says itself why, and whether trying again may help. */
const whyUnreachable = async (vault: ReplicaVault): Promise<ReplicationError | null> => {
  try {
    await vault.info();
    return null;
  } catch (error) {
    return ReplicationError.from(error);
  }
};
