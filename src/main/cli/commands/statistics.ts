import type { Command } from 'commander';
import type { VmStatisticsReport } from '../../../contract/statistics.ts';
import { statisticsCsv } from '../../../contract/statistics-csv.ts';
import { writeNewFile } from '../../platform/new-file.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatCount, formatSeconds, formatTime } from '../format.ts';

interface StatisticsOptions {
  readonly reset?: boolean;
  readonly csv?: string;
}

export const statisticsCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('stats')
    .description('what became of a VM’s replication cycles in the present monitoring interval')
    .argument('<vm>', 'name or id')
    .option('--reset', 'begin the interval’s statistics anew; the history stays')
    .option('--csv <file>', 'write what is kept of the past, hour by hour, to a new file')
    .addHelpText('after', examples('stats WEB01', 'stats WEB01 --reset', 'stats WEB01 --csv web01.csv'))
    .action((vm: string, { reset = false, csv }: StatisticsOptions) =>
      runner.run(async (session) => {
        const { output, environment } = session;
        const report = await session.request(reset ? 'vm.statistics.reset' : 'vm.statistics', { vm });
        if (csv !== undefined) {
          const path = session.path(csv);
          writeNewFile(path, statisticsCsv(report.history));
          output.note(`${formatCount(report.history.length, 'line')} written to ${path}.`);
        }
        const { formatFields } = await import('../table.ts');
        output.answer(report, () => formatFields(describe(report, environment.now())));
        return undefined;
      }),
    );
};

const describe = (report: VmStatisticsReport, now: number): (readonly [string, string | null])[] => {
  const bytes = (value: number | null) => (value === null ? null : formatBytes(value));
  const seconds = (value: number | null) => (value === null ? null : formatSeconds(value));
  const time = (at: string | null) => (at === null ? 'never' : formatTime(at, now));
  return [
    ['VM', report.vm],
    ['From', formatTime(report.from, now)],
    ['To', formatTime(report.to, now)],
    ['Cycles done', `${report.cyclesDone} of ${report.cyclesDue}`],
    ['Missed cycles', String(report.cyclesMissed)],
    ['Errors', String(report.errors)],
    ['Average size', bytes(report.averageSizeBytes)],
    ['Maximum size', bytes(report.maximumSizeBytes)],
    ['Average latency', seconds(report.averageLatencySeconds)],
    ['Maximum latency', seconds(report.maximumLatencySeconds)],
    ['Pending size', bytes(report.pendingBytes)],
    ['Last synchronized', time(report.lastSyncAt)],
    ['Last test failover', time(report.lastTestFailoverAt)],
  ];
};
