import type { Command } from 'commander';
import type { RetriesReport } from '../../../contract/retries.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatTime } from '../format.ts';
import { wholeNumber } from '../parse-option.ts';
import { jobKindWords } from '../words.ts';

export const retryCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('retries')
    .description('show what was tried of a VM, what came of it, and when it is tried again')
    .argument('<vm>', 'name or id')
    .option('--limit <n>', 'how many past attempts', wholeNumber(1, 1000))
    .addHelpText('after', examples('retries WEB01', 'retries WEB01 --limit 100 --json'))
    .action((vm: string, { limit }: { limit?: number }) =>
      runner.run(async (session) => {
        const report = await session.request('retries', { vm, ...(limit === undefined ? {} : { limit }) });
        const text = await describeRetries(report, session.environment.now());
        session.output.answer(report, () => text);
        return undefined;
      }),
    );
};

const describeRetries = async (report: RetriesReport, now: number): Promise<string> => {
  const { formatTable } = await import('../table.ts');
  const { past, future } = report;
  const rows = [
    ...past.map(({ startedAt, endedAt, what, outcome, error, nextAttemptAt }) => [
      formatTime(startedAt ?? endedAt, now),
      jobKindWords[what],
      outcome,
      error === null ? null : `${error.message} [${error.code}]`,
      nextAttemptAt === null ? null : formatTime(nextAttemptAt, now),
    ]),
    ...future.map(({ at, number, stepMinutes }) => [
      formatTime(at, now),
      `Attempt ${number}`,
      'to come',
      `${stepMinutes} min after the one before, if that fails`,
      null,
    ]),
  ];
  if (rows.length === 0) return `Nothing of ${report.vm} has been tried yet.`;
  return `${formatTable(['When', 'What', 'Outcome', 'Error', 'Next'], rows)}\n\n${summary(report)}`;
};

const summary = ({ vm, state, attempts, action }: RetriesReport): string => {
  switch (state) {
    case 'working':
      return `${vm} waits for no retry.`;
    case 'waiting':
      return `${attempts} failed in a row; the rest comes by itself, or now: hvrc retry ${vm}\nNext: ${action?.text}`;
    case 'paused':
      return `${vm} is paused. Go on: hvrc resume ${vm}`;
    case 'stopped':
      return `Nothing is tried by itself.\nNext: ${action?.text} Then: hvrc ${action?.request === 'resync' ? 'resync' : 'retry'} ${vm}`;
  }
};
