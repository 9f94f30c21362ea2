import { type Command, Option } from 'commander';
import { mostUploadThreads } from '../../../contract/bandwidth-limits.ts';
import { type CopyFrequencySeconds, copyFrequenciesSeconds } from '../../../contract/model.ts';
import { mostRetentionHours } from '../../../contract/new-protection.ts';
import type { ProtectReport, VmStatus } from '../../../contract/reports.ts';
import { describeFixes, describeOutcomes } from '../check-text.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTime } from '../format.ts';
import { gather, startTime, wholeNumber } from '../parse-option.ts';
import { describeResult } from '../results.ts';
import type { Session } from '../session.ts';
import { stateWords } from '../words.ts';
import { protectionDisksCommand } from './protection-disks.ts';

interface ProtectOptions {
  readonly vault: string;
  readonly frequency?: string;
  readonly exclude?: readonly string[];
  readonly retention?: number;
  readonly retentionHours?: number;
  readonly uploadThreads?: number;
  readonly startAt?: string;
  readonly check?: boolean;
  readonly wait?: boolean;
}

interface PolicyOptions {
  readonly frequency?: string;
  readonly retention?: number;
  readonly retentionHours?: number | null;
  readonly uploadThreads?: number | null;
}

export const protectionCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('protect')
    .description('protect a VM: check it, make the first replica of its disks, then keep it current')
    .argument('<vm>', 'name or id')
    .requiredOption('--vault <name>', 'where its replica goes')
    .addOption(
      new Option('--frequency <seconds>', 'seconds between replication cycles').choices(
        copyFrequenciesSeconds.map(String),
      ),
    )
    .option(
      '--exclude <disk>',
      'leave a disk out, by file name or id; may be given more than once',
      gather,
      [],
    )
    .option('--retention <points>', 'recovery points to keep', wholeNumber(1, 1000))
    .option(
      '--retention-hours <hours>',
      'how long they are kept, 0–24; the newest always is',
      wholeNumber(0, mostRetentionHours),
    )
    .option(
      '--upload-threads <n>',
      `requests to a storage account at once, 1–${mostUploadThreads}`,
      wholeNumber(1, mostUploadThreads),
    )
    .option(
      '--start-at <time>',
      'when the first copy may begin, within 24 hours: 22:30, or an ISO time',
      startTime,
    )
    .option('--check', 'only run the prerequisite checks')
    .option('--wait', 'wait until the first replica is complete')
    .addHelpText(
      'after',
      examples(
        'protect WEB01 --vault nas',
        'protect SQL01 --vault nas --frequency 30 --exclude tempdb.vhdx --wait',
        'protect WEB01 --vault nas --start-at 22:30',
        'protect WEB01 --vault nas --check',
      ),
    )
    .action((vm: string, options: ProtectOptions) =>
      runner.run(async (session) => protect(session, vm, options)),
    );
  program
    .command('unprotect')
    .description('end the protection of a VM; its replica stays at the vault unless told otherwise')
    .argument('<vm>', 'name or id')
    .option('--delete-replica', 'delete its replica and recovery points too')
    .addHelpText('after', examples('unprotect WEB01', 'unprotect WEB01 --delete-replica'))
    .action((vm: string, { deleteReplica = false }: { deleteReplica?: boolean }) =>
      runner.run(async (session) => {
        const { followJob } = await import('../follow-job.ts');
        const job = await followJob(
          session,
          () => session.request('unprotect', { vm, deleteReplica }),
          'leave',
        );
        session.output.answer(job.result, () => (job.result === null ? 'Done.' : describeResult(job.result)));
        return undefined;
      }),
    );
  const protection = program
    .command('protection')
    .description('change the policy or the disks of a protected VM');
  protectionDisksCommand(protection, runner);
  protection
    .command('set')
    .description(
      'change how often a protected VM is replicated, how many recovery points are kept, or how it is sent',
    )
    .argument('<vm>', 'name or id')
    .addOption(
      new Option('--frequency <seconds>', 'seconds between replication cycles').choices(
        copyFrequenciesSeconds.map(String),
      ),
    )
    .option('--retention <points>', 'recovery points to keep', wholeNumber(1, 1000))
    .option(
      '--retention-hours <hours>',
      'how long they are kept, 0–24, or none for no such limit; the newest always is',
      (text) => (text === 'none' ? null : wholeNumber(0, mostRetentionHours)(text)),
    )
    .option(
      '--upload-threads <n>',
      `requests to a storage account at once, 1–${mostUploadThreads}, or default for what the settings say`,
      (text) => (text === 'default' ? null : wholeNumber(1, mostUploadThreads)(text)),
    )
    .addHelpText(
      'after',
      examples(
        'protection set WEB01 --frequency 30',
        'protection set WEB01 --frequency 900 --retention 48 --retention-hours 24',
        'protection set WEB01 --upload-threads 16',
      ),
    )
    .action((vm: string, { frequency, retention, retentionHours, uploadThreads }: PolicyOptions) =>
      runner.run(async (session) => {
        const change = {
          vm,
          ...(frequency === undefined ? {} : { frequencySeconds: Number(frequency) as CopyFrequencySeconds }),
          ...(retention === undefined ? {} : { retentionPoints: retention }),
          ...(retentionHours === undefined ? {} : { retentionHours }),
          ...(uploadThreads === undefined ? {} : { uploadThreads }),
        };
        const { followJob } = await import('../follow-job.ts');
        const job = await followJob(session, () => session.request('protection.change', change), 'leave');
        session.output.answer(job.result, () =>
          job.result === null ? 'Done.' : `${job.vm}: ${describeResult(job.result)}`,
        );
        return undefined;
      }),
    );
  const simple = [
    ['pause', 'pause', 'stop sending changes of a VM; they are still tracked'],
    ['resume', 'resume', 'send the changes of a paused VM again'],
    ['retry', 'retry.now', 'make the next attempt of a VM now instead of waiting for it'],
  ] as const;
  for (const [name, request, description] of simple)
    program
      .command(name)
      .description(description)
      .argument('<vm>', 'name or id')
      .addHelpText('after', examples(`${name} WEB01`))
      .action((vm: string) =>
        runner.run(async (session) => {
          const status = await session.request(request, { vm });
          session.output.answer(status, () => describeState(status, session.environment.now()));
          return undefined;
        }),
      );
};

const describeState = (vm: VmStatus, now: number): string => {
  const next =
    vm.nextCycleAt === null || vm.paused ? '' : `; next cycle at ${formatTime(vm.nextCycleAt, now)}`;
  return `${vm.name}: ${stateWords[vm.state]}${next}.`;
};

const protect = async (
  session: Session,
  vm: string,
  options: ProtectOptions,
): Promise<number | undefined> => {
  let report: ProtectReport | undefined;
  const request = async (): Promise<ProtectReport> => {
    report = await session.request('protect', {
      vm,
      vault: options.vault,
      ...(options.frequency === undefined
        ? {}
        : { frequencySeconds: Number(options.frequency) as CopyFrequencySeconds }),
      exclude: [...(options.exclude ?? [])],
      ...(options.retention === undefined ? {} : { retentionPoints: options.retention }),
      ...(options.retentionHours === undefined ? {} : { retentionHours: options.retentionHours }),
      ...(options.uploadThreads === undefined ? {} : { uploadThreads: options.uploadThreads }),
      ...(options.startAt === undefined ? {} : { startAt: options.startAt }),
      ...(options.check === true ? { checkOnly: true } : {}),
    });
    return report;
  };
  if (options.wait === true && options.check !== true) {
    const { followJob } = await import('../follow-job.ts');
    const job = await followJob(session, async () => beginInitial(session, await request()), 'leave');
    session.output.answer({ ...report, job }, () =>
      [`${job.vm} is protected.`, job.result === null ? '' : describeResult(job.result)].join(' '),
    );
    return undefined;
  }
  const { checks, status, vm: name } = await request();
  const fit = checks.every(({ outcome }) => outcome !== 'fail');
  const startAt = report?.job?.nextAttemptAt ?? null;
  const outcome = await describeOutcome(session, name, options.vault, fit, status, startAt);
  const { formatTable } = await import('../table.ts');
  session.output.answer(report, () =>
    checks.length === 0
      ? outcome
      : `${formatTable(
          ['Check', 'Result', 'Detail'],
          describeOutcomes(checks),
        )}\n\n${[...describeFixes(checks), outcome].join('\n')}`,
  );
  return fit ? undefined : exitCodes.failed;
};

/** An engine elsewhere has begun by itself; one in this process begins when told to. */
const beginInitial = async (session: Session, { job, vm, checks }: ProtectReport) => {
  const { ReplicationError } = await import('../../../contract/errors.ts');
  const failed = checks.find(({ outcome }) => outcome === 'fail');
  if (failed !== undefined)
    throw new ReplicationError('STATE_INVALID', `${vm} cannot be protected: ${failed.detail}`, { vm });
  if (job === null)
    throw new ReplicationError('STATE_INVALID', `${vm} has no initial replication to wait for.`, { vm });
  const connection = await session.connect();
  if (connection.kind === 'local') await connection.engine.console.start();
  return job;
};

const describeOutcome = async (
  session: Session,
  vm: string,
  vault: string,
  fit: boolean,
  status: VmStatus | null,
  startAt: string | null,
): Promise<string> => {
  if (!fit) return `${vm} cannot be protected as it is.`;
  if (status === null) return `${vm} can be protected.`;
  const isProtected = `${vm} is protected into ${vault}; its initial replication`;
  const at = startAt === null ? null : formatTime(startAt, session.environment.now());
  if (!(await session.isEngineElsewhere()))
    return `${isProtected} begins when the engine runs: hvrc run${at === null ? '' : `, not before ${at}`}`;
  return at === null
    ? `${isProtected} has begun. Watch it: hvrc status ${vm}`
    : `${isProtected} begins at ${at}. At once: hvrc retry ${vm}`;
};
