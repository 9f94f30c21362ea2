import type { Command } from 'commander';
import type { VmSummary } from '../../../contract/host-reports.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { stateWords } from '../words.ts';

export const vmCommands = (program: Command, runner: CommandRunner): void => {
  const vm = program.command('vm').description('list and show the VMs of the host');
  vm.command('list')
    .description('list every VM of the host')
    .addHelpText('after', examples('vm list', 'vm list --json'))
    .action(() =>
      runner.run(async (session) => {
        const vms = await session.request('vm.list', {});
        const { formatTable, right } = await import('../table.ts');
        session.output.answer(vms, () =>
          vms.length === 0
            ? 'The host holds no VM.'
            : formatTable(
                ['VM', right('Gen'), right('Disks'), right('Size'), 'Protection', 'Vault', 'Problem'],
                vms.map((each) => [
                  each.name,
                  each.generation,
                  each.disks.length + each.unreadable.length,
                  formatBytes(each.sizeBytes),
                  stateWords[each.state],
                  each.vault,
                  each.problems[0]?.title ?? '',
                ]),
              ),
        );
        return undefined;
      }),
    );
  vm.command('show')
    .description('show one VM with its disks')
    .argument('<vm>', 'name or id')
    .addHelpText('after', examples('vm show WEB01'))
    .action((name: string) =>
      runner.run(async (session) => {
        const report = await session.request('vm.show', { vm: name });
        const text = await describeVm(report);
        session.output.answer(report, () => text);
        return undefined;
      }),
    );
};

const describeVm = async (vm: VmSummary): Promise<string> => {
  const { formatFields, formatTable, right } = await import('../table.ts');
  const fields = formatFields([
    ['Name', vm.name],
    ['Id', vm.id],
    ['Folder', vm.path],
    ['Generation', vm.generation],
    ['Protection', stateWords[vm.state]],
    ['Vault', vm.vault],
  ]);
  const disks = formatTable(
    ['Disk', 'Format', 'Kind', right('Size'), 'OS', ...(vm.protected ? ['Protection'] : []), 'File'],
    [
      ...vm.disks.map((disk) => [
        disk.name,
        disk.format,
        disk.kind,
        formatBytes(disk.sizeBytes),
        disk.isOperatingSystem ? 'yes' : '',
        ...protectionOf(vm, disk.id),
        disk.path,
      ]),
      ...vm.unreadable.map(({ id, name, path }) => [
        name,
        'unreadable',
        null,
        null,
        '',
        ...protectionOf(vm, id),
        path,
      ]),
    ],
  );
  const problems = vm.problems.map((problem) => `Problem: ${problem.message} Next: ${problem.nextStep}`);
  const excluding =
    vm.unreadable.length === 0 || vm.protected
      ? []
      : [
          `To protect the VM without what cannot be read: ${vm.unreadable.map(({ name }) => `--exclude "${name}"`).join(' ')}`,
        ];
  const undecided = (vm.unprotectedIds ?? []).length === 0 ? [] : [wayOut(vm.name)];
  return [fields, '', disks, ...problems, ...excluding, ...undecided].join('\n');
};

/** The cell about a disk, of a VM that is protected. */
const protectionOf = (vm: VmSummary, id: string): string[] => {
  if (!vm.protected) return [];
  if (vm.unprotectedIds?.includes(id)) return ['NOT PROTECTED'];
  return [vm.excludedIds?.includes(id) ? 'excluded' : 'protected'];
};

const wayOut = (vm: string): string =>
  `Not protected is what came after protection was enabled: hvrc protection disks "${vm}" --include DISK, or --exclude DISK`;
