import { type Command, Option } from 'commander';
import type { JobReport } from '../../../contract/job-reports.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatFraction, formatMs, formatTime } from '../format.ts';
import { wholeNumber } from '../parse-option.ts';
import { describeResult } from '../results.ts';
import type { Session } from '../session.ts';
import { jobKindWords, jobStateWords } from '../words.ts';

const defaultLimit = 20;

export const jobCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('jobs')
    .description('list the latest jobs, the newest first')
    .option('--limit <n>', 'how many', wholeNumber(1, 1000), defaultLimit)
    .addHelpText('after', examples('jobs', 'jobs --limit 5 --json'))
    .action(({ limit }: { limit: number }) =>
      runner.run(async (session) => {
        const jobs = await session.request('jobs', { limit });
        const now = session.environment.now();
        const { formatTable, right } = await import('../table.ts');
        session.output.answer(jobs, () =>
          jobs.length === 0
            ? 'There are no jobs yet.'
            : formatTable(
                [right('Job'), 'What', 'VM', 'State', right('Done'), 'Started', right('Took'), 'Outcome'],
                jobs.map((job) => [
                  job.id,
                  jobKindWords[job.kind],
                  job.vm,
                  jobStateWords[job.state],
                  percentOf(job.percent),
                  formatTime(job.startedAt, now),
                  job.endedAt === null ? null : formatMs(Date.parse(job.endedAt) - Date.parse(job.startedAt)),
                  outcomeOf(job),
                ]),
              ),
        );
        return undefined;
      }),
    );
  program
    .command('job')
    .description('show one job with its steps, cancel it, or do it again')
    .argument('<id>', 'number of the job', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(new Option('--cancel', 'cancel the job').conflicts('restart'))
    .option('--restart', 'do what the failed or cancelled job was to do again, as a new job')
    .addHelpText('after', examples('job 17', 'job 17 --cancel', 'job 17 --restart'))
    .action((id: number, options: { cancel?: boolean; restart?: boolean }) =>
      runner.run(async (session) => {
        const job = await jobOf(session, id, options);
        const text = await describeJob(job, session.environment.now());
        session.output.answer(job, () => text);
        return undefined;
      }),
    );
};

/** A restarted job is followed: in this process nothing would go on with it afterwards. */
const jobOf = async (
  session: Session,
  id: number,
  { cancel, restart }: { cancel?: boolean; restart?: boolean },
): Promise<JobReport> => {
  if (restart !== true) return session.request(cancel === true ? 'job.cancel' : 'job', { id });
  const { followJob } = await import('../follow-job.ts');
  return followJob(session, () => session.request('job.restart', { id }), 'leave');
};

const nextOf = ({ id, error, canRestart }: JobReport): string | undefined =>
  canRestart ? [error?.nextStep, `Do it again: hvrc job ${id} --restart`].join(' ').trim() : error?.nextStep;

const percentOf = (percent: number | null): string | null =>
  percent === null ? null : formatFraction(percent / 100);

const outcomeOf = ({ error, result }: JobReport): string =>
  error?.message ?? (result === null ? '' : describeResult(result));

const describeJob = async (job: JobReport, now: number): Promise<string> => {
  const { formatFields, formatTable, right } = await import('../table.ts');
  const time = (at: string | null) => (at === null ? null : formatTime(at, now));
  const fields = formatFields([
    ['Job', job.id],
    ['What', jobKindWords[job.kind]],
    ['VM', job.vm],
    ['State', jobStateWords[job.state]],
    ['Waits for', job.blockedOn],
    ['Done', percentOf(job.percent)],
    ['Started', time(job.startedAt)],
    ['Ended', time(job.endedAt)],
    ['Goes on', time(job.nextAttemptAt)],
    ['Error', job.error === null ? null : `${job.error.message} [${job.error.code}]`],
    ['Next', nextOf(job)],
    ['Result', job.result === null ? null : describeResult(job.result)],
  ]);
  if (job.steps.length === 0) return fields;
  const steps = formatTable(
    ['Step', 'State', right('Done'), 'Started', 'Ended'],
    job.steps.map((step) => [
      step.name,
      step.state,
      percentOf(step.percent),
      time(step.startedAt),
      time(step.endedAt),
    ]),
  );
  return `${fields}\n\n${steps}`;
};
