import { type Command, Option } from 'commander';
import type { DiskFormat } from '../../../contract/model.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatTime } from '../format.ts';
import { describeResult } from '../results.ts';

interface RestoreOptions {
  readonly to: string;
  readonly point?: string;
  readonly vault?: string;
  readonly format?: DiskFormat;
}

export const recoveryCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('points')
    .description('list the recovery points of a VM, the oldest first')
    .argument('<vm>', 'name or id')
    .option('--vault <name>', 'look the VM up in this vault, whoever replicated it there')
    .addHelpText('after', examples('points WEB01', 'points WEB01 --vault nas --json'))
    .action((vm: string, { vault }: { vault?: string }) =>
      runner.run(async (session) => {
        const now = session.environment.now();
        const report = await session.request('points', vault === undefined ? { vm } : { vm, vault });
        const { formatTable, right } = await import('../table.ts');
        const differs = report.points.some(({ disks }) => disks !== undefined);
        session.output.answer(report, () =>
          report.points.length === 0
            ? `${report.vm} has no recovery point in ${report.vault} yet.`
            : formatTable(
                ['Point', 'Taken', 'Consistency', right('Costs'), ...(differs ? ['Disks'] : [])],
                report.points.map((point) => [
                  point.id,
                  formatTime(point.takenAt, now),
                  point.consistency,
                  formatBytes(point.sizeBytes),
                  ...(differs ? [point.disks?.join(', ') ?? 'all'] : []),
                ]),
              ),
        );
        return undefined;
      }),
    );
  program
    .command('restore')
    .description('bring a VM’s disks back from a recovery point, as new files')
    .argument('<vm>', 'name or id')
    .requiredOption('--to <dir>', 'directory for the new files')
    .option('--point <id>', 'recovery point, from hvrc points; the newest if not given')
    .option('--vault <name>', 'look the VM up in this vault, whoever replicated it there')
    .addOption(new Option('--format <format>', 'format of the new files').choices(['raw', 'vhd', 'vhdx']))
    .addHelpText(
      'after',
      examples(
        'restore WEB01 --to E:\\Restored',
        'restore WEB01 --vault nas --point 20260102T030405Z-17 --to /restored',
      ),
    )
    .action((vm: string, { to, point, vault, format }: RestoreOptions) =>
      runner.run(async (session) => {
        const params = {
          vm,
          toDirectory: session.path(to),
          ...(point === undefined ? {} : { point }),
          ...(vault === undefined ? {} : { vault }),
          ...(format === undefined ? {} : { format }),
        };
        const { followJob } = await import('../follow-job.ts');
        const { result } = await followJob(session, () => session.request('restore', params), 'cancel');
        session.output.answer(result, () =>
          result?.kind === 'restore'
            ? [describeResult(result), ...result.files.map(({ path }) => `  ${path}`)].join('\n')
            : 'Done.',
        );
        return undefined;
      }),
    );
};
