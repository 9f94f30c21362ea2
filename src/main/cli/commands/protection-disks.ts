import type { Command } from 'commander';
import type { DisksReport } from '../../../contract/disk-selection.ts';
import type { JobReport } from '../../../contract/job-reports.ts';
import type { PrerequisiteCheck } from '../../../contract/prerequisites.ts';
import type { VmStatus } from '../../../contract/reports.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { gather } from '../parse-option.ts';
import { describeResult } from '../results.ts';
import type { Session } from '../session.ts';

interface DisksOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly check?: boolean;
  readonly wait?: boolean;
}

/** `hvrc protection disks`: which disks of a protected VM are replicated. */
export const protectionDisksCommand = (protection: Command, runner: CommandRunner): void => {
  protection
    .command('disks')
    .description('list the disks of a protected VM, include one that was added to it, or leave one out')
    .argument('<vm>', 'name or id')
    .option('--include <disk>', 'replicate this disk too, by file name or id; more than once', gather, [])
    .option(
      '--exclude <disk>',
      'leave this disk out: no longer replicated, and in no later recovery point; more than once',
      gather,
      [],
    )
    .option('--check', 'only run the prerequisite checks of what is to be included')
    .option('--wait', 'wait until the first copy of what is included is complete')
    .addHelpText(
      'after',
      examples(
        'protection disks SQL01',
        'protection disks SQL01 --include data2.vhdx --wait',
        'protection disks SQL01 --exclude scratch.vhdx',
      ),
    )
    .action((vm: string, options: DisksOptions) => runner.run((session) => change(session, vm, options)));
};

const change = async (session: Session, vm: string, options: DisksOptions): Promise<number | undefined> => {
  const include = [...options.include];
  const exclude = [...options.exclude];
  if (include.length + exclude.length === 0) return list(session, vm);
  if (options.check === true) {
    const report = await session.request('protection.disks', { vm, include, exclude, checkOnly: true });
    const fit = report.checks.every(({ outcome }) => outcome !== 'fail');
    const text = await describeChecks(report.checks);
    const end = fit ? 'The change can be made.' : 'The change cannot be made as it is.';
    session.output.answer(report, () => `${text}${end}`);
    return fit ? undefined : exitCodes.failed;
  }
  const { followJob } = await import('../follow-job.ts');
  const request = async (): Promise<JobReport> =>
    jobOf(await session.request('protection.disks', { vm, include, exclude }));
  const job = await followJob(session, request, 'leave');
  const { result } = job;
  if (options.wait === true && result?.kind === 'disks' && result.copyJob !== null) {
    const id = result.copyJob;
    const copy = await followJob(session, () => session.request('job', { id }), 'leave');
    session.output.answer(
      { job, copy },
      () => `${job.vm}: ${result.included.join(', ')} has its first copy.`,
    );
    return undefined;
  }
  session.output.answer(result, () => (result === null ? 'Done.' : `${job.vm}: ${describeResult(result)}`));
  return undefined;
};

const jobOf = ({ job, vm }: DisksReport): JobReport => {
  if (job === null) throw new Error(`The change of the disks of ${vm} has no job.`);
  return job;
};

const list = async (session: Session, key: string): Promise<undefined> => {
  const { vms } = await session.request('status', { vm: key });
  const vm = vms[0]!;
  const { formatTable, right } = await import('../table.ts');
  const { disks, unprotectedDisks = [] } = vm;
  session.output.answer({ vm: vm.name, disks, unprotectedDisks }, () =>
    formatTable(
      ['Disk', right('Size'), 'Protection', 'File'],
      [
        ...disks.map((disk) => [disk.name, formatBytes(disk.sizeBytes), protectionOf(vm, disk), disk.path]),
        ...unprotectedDisks.map((disk) => [
          disk.name,
          disk.cause === 'unreadable' ? null : formatBytes(disk.sizeBytes),
          'NOT PROTECTED',
          disk.path,
        ]),
      ],
    ),
  );
};

const protectionOf = (vm: VmStatus, { excluded }: VmStatus['disks'][number]): string =>
  !vm.protected ? 'not protected' : excluded ? 'excluded' : 'protected';

const describeChecks = async (checks: readonly PrerequisiteCheck[]): Promise<string> => {
  if (checks.length === 0) return '';
  const { formatTable } = await import('../table.ts');
  const { describeOutcomes, describeFixes } = await import('../check-text.ts');
  return `${formatTable(['Check', 'Result', 'Detail'], describeOutcomes(checks))}\n\n${describeFixes(checks)
    .map((line) => `${line}\n`)
    .join('')}`;
};
