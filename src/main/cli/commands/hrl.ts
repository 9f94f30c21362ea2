import type { Command } from 'commander';
import type { LogInspection } from '../../hrl/inspect.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTime } from '../format.ts';

export const hrlCommands = (program: Command, runner: CommandRunner): void => {
  const hrl = program.command('hrl').description('look into replication logs');
  hrl
    .command('inspect')
    .description('read a whole log, say whose it is, and whether it is sound')
    .argument('<file>', 'a .hrl file')
    .addHelpText('after', examples('hrl inspect D:\\Hyper-V\\WEB01\\web01.vhd.hrl'))
    .action((file: string) =>
      runner.run(async (session) => {
        const { inspectLog } = await import('../../hrl/inspect.ts');
        const inspection = inspectLog(session.path(file));
        const text = await describe(inspection, session.environment.now());
        session.output.answer(inspection, () => text);
        return inspection.problem === null ? exitCodes.done : exitCodes.failed;
      }),
    );
};

const describe = async (log: LogInspection, now: number): Promise<string> => {
  const { formatFields, formatTable, right } = await import('../table.ts');
  if (log.problem?.code === 'HRL_NOT_A_LOG') return `${log.problem.message}\nNext: ${log.problem.nextStep}`;
  const { header, records, tail } = log;
  const fields = formatFields([
    ['Log', log.path],
    ['Size', formatBytes(log.sizeBytes)],
    ['Purpose', header?.purpose],
    ['Disk', header?.diskId],
    ['Disk size', header === null ? null : formatBytes(header.diskSizeBytes)],
    ['Sequence', header?.sequence],
    ['Lineage', header?.lineage],
    ['Builds on cut', header?.previousCut],
    ['Created', header === null ? null : formatTime(header.createdAtMs, now)],
    [
      'Records',
      `${records.blocks} blocks (${records.zeroBlocks} cleared), ${formatBytes(records.payloadBytes)} of data`,
    ],
    ['After the last cut', tail.bytes === 0 ? null : `${tail.records} records of an unfinished pass`],
    ['Torn tail', tail.tornBytes === 0 ? null : `${formatBytes(tail.tornBytes)}, will be cut off`],
  ]);
  const cuts =
    log.cuts.length === 0
      ? 'It holds no finished cut.'
      : formatTable(
          [right('Cut'), 'Taken', 'Consistency', right('Blocks'), right('Data')],
          log.cuts.map((cut) => [
            cut.cut,
            formatTime(cut.takenAtMs, now),
            cut.consistency,
            cut.blocks,
            formatBytes(cut.payloadBytes),
          ]),
        );
  const verdict =
    log.problem === null
      ? 'The log is sound.'
      : `The log cannot be used: ${log.problem.message}\nNext: ${log.problem.nextStep}`;
  return [fields, '', cuts, '', verdict].join('\n');
};
