import type { Command } from 'commander';
import type { HostReport } from '../../../contract/host-reports.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatCount } from '../format.ts';

export const hostCommands = (program: Command, runner: CommandRunner): void => {
  const host = program.command('host').description('choose and show the host whose VMs are protected');
  host
    .command('use')
    .description('choose the folder that holds the VM folders')
    .argument('<dir>', 'a directory of VM folders')
    .addHelpText('after', examples('host use D:\\Hyper-V', 'host use /srv/vms'))
    .action((directory: string) =>
      runner.run(async (session) => {
        const report = await session.request('host.use', { path: session.path(directory) });
        session.output.answer(report, () => describe(report));
        return undefined;
      }),
    );
  host
    .command('show')
    .description('show the chosen host')
    .addHelpText('after', examples('host show', 'host show --json'))
    .action(() =>
      runner.run(async (session) => {
        const report = await session.request('host.show', {});
        session.output.answer(report, () => describe(report));
        return undefined;
      }),
    );
};

const describe = ({ root, reachable, vms, error }: HostReport): string =>
  reachable
    ? `The host is the folder ${root}, which holds ${formatCount(vms, 'VM')}.`
    : `The host is the folder ${root}, which cannot be reached: ${error?.message ?? 'the reason is unknown'}`;
