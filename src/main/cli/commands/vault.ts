import type { Command } from 'commander';
import type { VaultReport } from '../../../contract/vault-reports.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { formatBytes, formatTime } from '../format.ts';
import type { Session } from '../session.ts';
import { newPassphrase, withPassphrase } from '../vault-passphrase.ts';

export const vaultCommands = (program: Command, runner: CommandRunner): void => {
  const vault = program.command('vault').description('add, list and check the places that replicas go to');
  vault
    .command('add')
    .description('add a vault; the directory or container is created if need be')
    .argument('<name>', 'a name for it')
    .argument('<target>', 'a directory (a NAS share, a second disk, a USB drive), or azure:CONTAINER')
    .option('--encrypt', 'encrypt a new vault in a storage account with a passphrase')
    .addHelpText('after', signInHelp + encryptionHelp)
    .addHelpText(
      'after',
      examples(
        'vault add nas \\\\nas\\replicas',
        'vault add usb /media/usb/vault',
        'vault add cloud azure:replicas',
        'vault add cloud azure:replicas --encrypt',
      ),
    )
    .action((name: string, target: string, { encrypt = false }: { encrypt?: boolean }) =>
      runner.run(async (session) => {
        const entry = entryOf(session, name, target);
        const report = encrypt
          ? await session.request('vault.add', {
              ...entry,
              encrypt,
              passphrase: await newPassphrase(session),
            })
          : await withPassphrase(session, (given) => session.request('vault.add', { ...entry, ...given }));
        session.output.answer(report, () => describeAdded(report));
        return undefined;
      }),
    );
  vault
    .command('open')
    .description('open a vault that exists, on a workstation that does not know it yet; creates nothing')
    .argument('<name>', 'a name for it')
    .argument('<target>', 'a directory, or azure:CONTAINER')
    .addHelpText('after', signInHelp + encryptionHelp)
    .addHelpText('after', examples('vault open nas \\\\nas\\replicas', 'vault open cloud azure:replicas'))
    .action((name: string, target: string) =>
      runner.run(async (session) => {
        const entry = entryOf(session, name, target);
        const report = await withPassphrase(session, (given) =>
          session.request('vault.open', { ...entry, ...given }),
        );
        session.output.answer(report, () => describeAdded(report));
        return undefined;
      }),
    );
  vault
    .command('list')
    .description('list the vaults and the VMs in them')
    .addHelpText('after', examples('vault list', 'vault list --json'))
    .action(() =>
      runner.run(async (session) => {
        const vaults = await session.request('vault.list', {});
        const text = await describeVaults(session, vaults);
        session.output.answer(vaults, () => text);
        return undefined;
      }),
    );
  vault
    .command('check')
    .description('try each right that replication needs; leaves nothing behind')
    .argument('<name>', 'name of the vault')
    .addHelpText('after', examples('vault check nas'))
    .action((name: string) =>
      runner.run(async (session) => {
        const report = await session.request('vault.check', { name });
        const { formatTable } = await import('../table.ts');
        session.output.answer(report, () =>
          [
            report.passed ? `The vault ${name} is fit for use.` : `The vault ${name} is not fit for use.`,
            formatTable(
              ['Right', 'Result', 'Detail'],
              report.checks.map((check) => [check.right, check.passed ? 'passed' : 'FAILED', check.detail]),
            ),
          ].join('\n\n'),
        );
        return report.passed ? exitCodes.done : exitCodes.failed;
      }),
    );
};

const signInHelp = `
A storage account's sign-in comes from the environment: AZURE_STORAGE_CONNECTION_STRING, with an account key or a shared
access signature. Adding a known storage account again takes the new sign-in.`;

const encryptionHelp = `

An encrypted vault's passphrase is asked for, or comes from HVRC_VAULT_PASSPHRASE. Nobody can restore without it.`;

/** The secret comes by environment: a command line is seen by others and kept in histories. */
const entryOf = (session: Session, name: string, target: string) => {
  if (!target.startsWith('azure:')) return { name, target: session.path(target) };
  const connectionString = session.environment.env.AZURE_STORAGE_CONNECTION_STRING;
  return connectionString === undefined || connectionString === ''
    ? { name, target }
    : { name, target, connectionString };
};

const describeAdded = ({ name, target, freeBytes, vms }: VaultReport): string =>
  [
    `The vault ${name} is ${target}`,
    freeBytes === null ? '' : `, with ${formatBytes(freeBytes)} free`,
    vms.length === 0 ? '.' : `; it holds ${vms.map((vm) => vm.name).join(', ')}.`,
  ].join('');

const describeVaults = async (session: Session, vaults: readonly VaultReport[]): Promise<string> => {
  if (vaults.length === 0) return 'There is no vault yet. Add one: hvrc vault add NAME TARGET';
  const now = session.environment.now();
  const { formatTable, right } = await import('../table.ts');
  const list = formatTable(
    ['Vault', 'Kind', 'Target', right('Free'), right('Total'), right('VMs'), 'State'],
    vaults.map((vault) => [
      vault.name,
      vault.kind,
      vault.target,
      vault.freeBytes === null ? null : formatBytes(vault.freeBytes),
      vault.totalBytes === null ? null : formatBytes(vault.totalBytes),
      vault.vms.length,
      vault.reachable ? 'reachable' : (vault.error?.title ?? 'unreachable'),
    ]),
  );
  const held = vaults.flatMap((vault) => vault.vms.map((vm) => ({ vault, vm })));
  if (held.length === 0) return list;
  const vms = formatTable(
    ['Vault', 'VM', right('Disks'), right('Points'), 'Newest point', 'Replicated by'],
    held.map(({ vault, vm }) => [
      vault.name,
      vm.name,
      vm.disks,
      vm.points,
      vm.newestPointAt === null ? null : formatTime(vm.newestPointAt, now),
      vm.writer,
    ]),
  );
  return `${list}\n\n${vms}`;
};
