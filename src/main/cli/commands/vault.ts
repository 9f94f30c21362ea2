import type { Command } from 'commander';
import { ReplicationError } from '../../../contract/errors.ts';
import type { SignInReport } from '../../../contract/sign-in.ts';
import type { VaultReport } from '../../../contract/vault-reports.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTime } from '../format.ts';
import type { Session } from '../session.ts';
import { type SignInOptions, showingCode, signInOf, withSignInOptions } from '../sign-in-options.ts';
import { newPassphrase, withPassphrase } from '../vault-passphrase.ts';

export const vaultCommands = (program: Command, runner: CommandRunner): void => {
  const vault = program.command('vault').description('add, list and check the places that replicas go to');
  withSignInOptions(vault.command('add'))
    .description('add a vault; the directory or container is created if need be')
    .argument('<name>', 'a name for it')
    .argument('<target>', 'a directory (a NAS share, a second disk, a USB drive), or azure:CONTAINER')
    .option('--encrypt', 'encrypt a new vault in a storage account with a passphrase')
    .addHelpText('after', encryptionHelp)
    .addHelpText(
      'after',
      examples(
        'vault add nas \\\\nas\\replicas',
        'vault add usb /media/usb/vault',
        'vault add cloud azure:replicas',
        'vault add cloud azure:replicas --encrypt',
        'vault add cloud azure:replicas --account shop --sign-in entra-device-code',
      ),
    )
    .action((name: string, target: string, options: SignInOptions & { readonly encrypt?: boolean }) =>
      runner.run(async (session) => {
        const entry = await entryOf(session, name, target, options);
        const { encrypt = false } = options;
        const secret = encrypt ? { encrypt, passphrase: await newPassphrase(session) } : null;
        const report = await showingCode(session, entry, () =>
          secret === null
            ? withPassphrase(session, (given) => session.request('vault.add', { ...entry, ...given }))
            : session.request('vault.add', { ...entry, ...secret }),
        );
        session.output.answer(report, () => describeAdded(report));
        return undefined;
      }),
    );
  withSignInOptions(vault.command('open'))
    .description('open a vault that exists, on a workstation that does not know it yet; creates nothing')
    .argument('<name>', 'a name for it')
    .argument('<target>', 'a directory, or azure:CONTAINER')
    .addHelpText('after', encryptionHelp)
    .addHelpText('after', examples('vault open nas \\\\nas\\replicas', 'vault open cloud azure:replicas'))
    .action((name: string, target: string, options: SignInOptions) =>
      runner.run(async (session) => {
        const entry = await entryOf(session, name, target, options);
        const report = await showingCode(session, entry, () =>
          withPassphrase(session, (given) => session.request('vault.open', { ...entry, ...given })),
        );
        session.output.answer(report, () => describeAdded(report));
        return undefined;
      }),
    );
  withSignInOptions(vault.command('sign-in'))
    .description('renew the sign-in of a storage account')
    .argument('<name>', 'name of the vault')
    .addHelpText(
      'after',
      examples('vault sign-in cloud --sign-in sas', 'vault sign-in cloud --sign-in entra-device-code'),
    )
    .action((name: string, options: SignInOptions) =>
      runner.run(async (session) => {
        const known = (await session.request('vault.list', {})).find((each) => each.name === name);
        const account = options.account ?? known?.signIn?.account;
        const signIn = await signInOf(session, { ...options, ...(account === undefined ? {} : { account }) });
        if (signIn === undefined) {
          throw new ReplicationError('INPUT_INVALID', 'Say how to sign in: --sign-in WAY.');
        }
        const report = await showingCode(session, { name, signIn }, () =>
          session.request('vault.signIn', { name, signIn }),
        );
        session.output.answer(report, () => `The vault ${name} has a new sign-in.`);
        return undefined;
      }),
    );
  vault
    .command('rename')
    .description('call a vault by another name')
    .argument('<name>', 'name of the vault')
    .argument('<new-name>', 'its new name')
    .addHelpText('after', examples('vault rename cloud azure-west'))
    .action((name: string, newName: string) =>
      runner.run(async (session) => {
        const report = await session.request('vault.rename', { name, newName });
        session.output.answer(report, () => `The vault ${name} is called ${newName} now.`);
        return undefined;
      }),
    );
  vault
    .command('remove')
    .description(
      'forget a vault and its sign-in; what is in it stays. Refused while VMs are replicated into it',
    )
    .argument('<name>', 'name of the vault')
    .addHelpText('after', examples('vault remove usb'))
    .action((name: string) =>
      runner.run(async (session) => {
        const answer = await session.request('vault.remove', { name });
        session.output.answer(answer, () => `The vault ${name} is forgotten; what is in it stays.`);
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
            ...(report.signIn === null ? [] : [describeWholeSignIn(report.signIn)]),
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

const encryptionHelp = `
An encrypted vault's passphrase is asked for, or comes from HVRC_VAULT_PASSPHRASE. Nobody can restore without it.`;

/** Secrets come by environment or are asked for: a command line is seen by others and kept in histories. */
const entryOf = async (session: Session, name: string, target: string, options: SignInOptions) => {
  if (!target.startsWith('azure:')) return { name, target: session.path(target), signIn: undefined };
  const signIn = await signInOf(session, options);
  return { name, target, signIn };
};

const describeAdded = ({ name, target, freeBytes, vms }: VaultReport): string =>
  [
    `The vault ${name} is ${target}`,
    freeBytes === null ? '' : `, with ${formatBytes(freeBytes)} free`,
    vms.length === 0 ? '.' : `; it holds ${vms.map((vm) => vm.name).join(', ')}.`,
  ].join('');

const signInWords = {
  accountKey: 'account key',
  sas: 'signature',
  environment: 'Entra ID, service principal',
  deviceCode: 'Entra ID, device code',
  managedIdentity: 'Entra ID, managed identity',
} as const satisfies Record<SignInReport['kind'], string>;

const describeSignIn = (signIn: SignInReport | null): string | null => {
  if (signIn === null) return null;
  const until = signIn.expiresAt === null ? '' : ` until ${signIn.expiresAt.slice(0, 10)}`;
  return `${signInWords[signIn.kind]}${until}`;
};

const describeWholeSignIn = (signIn: SignInReport): string =>
  [
    `Sign-in: ${describeSignIn(signIn)}, ${signIn.account}`,
    ...(signIn.permissions === null ? [] : [`It allows to ${signIn.permissions.join(', ')}.`]),
    ...(signIn.warning === null ? [] : [signIn.warning]),
  ].join('\n');

const describeVaults = async (session: Session, vaults: readonly VaultReport[]): Promise<string> => {
  if (vaults.length === 0) return 'There is no vault yet. Add one: hvrc vault add NAME TARGET';
  const now = session.environment.now();
  const { formatTable, right } = await import('../table.ts');
  const list = formatTable(
    ['Vault', 'Kind', 'Target', right('Free'), right('Total'), right('VMs'), 'Sign-in', 'State'],
    vaults.map((vault) => [
      vault.name,
      vault.kind,
      vault.target,
      vault.freeBytes === null ? null : formatBytes(vault.freeBytes),
      vault.totalBytes === null ? null : formatBytes(vault.totalBytes),
      vault.vms.length,
      describeSignIn(vault.signIn),
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
