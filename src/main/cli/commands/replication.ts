import type { Command } from 'commander';
import type { JobReport } from '../../../contract/job-reports.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { describeResult } from '../results.ts';
import type { Session } from '../session.ts';

export const replicationCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('sync')
    .description('run one replication cycle of a VM now and wait for it')
    .argument('<vm>', 'name or id')
    .addHelpText('after', examples('sync WEB01', 'sync WEB01 --json'))
    .action((vm: string) =>
      runner.run(async (session) => {
        const { followJob } = await import('../follow-job.ts');
        answer(session, await followJob(session, () => session.request('sync', { vm }), 'cancel'));
        return undefined;
      }),
    );
  program
    .command('resync')
    .description('compare a VM’s disks with their replicas block by block and send what differs')
    .argument('<vm>', 'name or id')
    .option('--deep', 'read the replicas themselves instead of trusting their recorded digests')
    .option('--history', 'show why it was needed before and what came of it, and change nothing')
    .addHelpText('after', examples('resync WEB01', 'resync WEB01 --deep', 'resync WEB01 --history'))
    .action((vm: string, { deep = false, history = false }: { deep?: boolean; history?: boolean }) =>
      runner.run(async (session) => {
        if (history) {
          const report = await session.request('resync.history', { vm });
          const { describeResyncs } = await import('../resync-text.ts');
          session.output.answer(report, () => describeResyncs(report, session.environment.now()));
          return undefined;
        }
        const { followJob } = await import('../follow-job.ts');
        answer(session, await followJob(session, () => session.request('resync', { vm, deep }), 'leave'));
        return undefined;
      }),
    );
  program
    .command('verify')
    .description('compare a VM’s replicas with its disks, block by block, and change nothing')
    .argument('<vm>', 'name or id')
    .addHelpText('after', examples('verify WEB01'))
    .action((vm: string) =>
      runner.run(async (session) => {
        const { followJob } = await import('../follow-job.ts');
        const job = await followJob(session, () => session.request('verify', { vm }), 'cancel');
        if (job.result?.kind !== 'verify') return answer(session, job);
        const { identical, firstDifferences, damagedBlocks } = job.result;
        const remedy = damagedBlocks === 0 ? 'sync' : 'resync';
        const { formatTable, right } = await import('../table.ts');
        session.output.answer(job.result, () =>
          identical
            ? resultOf(job)
            : `${resultOf(job)}\n\n${formatTable(
                ['Disk', right('Offset'), right('Length')],
                firstDifferences.map(({ disk, offset, lengthBytes }) => [
                  disk,
                  offset,
                  formatBytes(lengthBytes),
                ]),
              )}\n\nNext: hvrc ${remedy} ${vm}`,
        );
        return identical ? exitCodes.done : exitCodes.failed;
      }),
    );
};

const resultOf = (job: JobReport): string =>
  job.result === null ? `${job.vm}: done.` : `${job.vm}: ${describeResult(job.result)}`;

const answer = ({ output }: Session, job: JobReport): undefined => {
  output.answer(job.result, () => resultOf(job));
};
