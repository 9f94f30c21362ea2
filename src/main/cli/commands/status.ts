import type { Command } from 'commander';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';

export const statusCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('status')
    .description('say whether all is well, then how each protected VM is, the worst first')
    .argument('[vm]', 'name or id: everything about that VM')
    .addHelpText('after', examples('status', 'status WEB01', 'status WEB01 --json'))
    .action((name: string | undefined) =>
      runner.run(async (session) => {
        const { output, environment } = session;
        const report = await session.request('status', name === undefined ? {} : { vm: name });
        const { describeStatus, describeVmStatus } = await import('../status-text.ts');
        const [vm] = report.vms;
        if (name === undefined || vm === undefined)
          output.answer(report, () => describeStatus(report, environment.now()));
        else
          output.answer({ ...vm, engineRunning: report.engineRunning }, () =>
            describeVmStatus(vm, report.engineRunning, environment.now()),
          );
        return undefined;
      }),
    );
};
