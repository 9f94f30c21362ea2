import { Command, CommanderError } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { ReplicationError } from '../../contract/errors.ts';
import { commandGroups } from './command-groups.ts';
import { CommandRunner, type GlobalOptions } from './command-runner.ts';
import { alertCommands } from './commands/alerts.ts';
import { bandwidthCommands } from './commands/bandwidth.ts';
import { diskCommands } from './commands/disk.ts';
import { engineCommands } from './commands/engine.ts';
import { errorCommands } from './commands/error.ts';
import { eventCommands } from './commands/events.ts';
import { hostCommands } from './commands/host.ts';
import { hrlCommands } from './commands/hrl.ts';
import { jobCommands } from './commands/jobs.ts';
import { protectionCommands } from './commands/protection.ts';
import { recoveryCommands } from './commands/recovery.ts';
import { replicationCommands } from './commands/replication.ts';
import { retryCommands } from './commands/retries.ts';
import { sampleCommands } from './commands/sample.ts';
import { settingsCommands } from './commands/settings.ts';
import { statisticsCommands } from './commands/statistics.ts';
import { statusCommands } from './commands/status.ts';
import { supportCommands } from './commands/support.ts';
import { vaultCommands } from './commands/vault.ts';
import { vmCommands } from './commands/vm.ts';
import type { CliEnvironment } from './environment.ts';
import { examples } from './examples.ts';
import { exitCodes } from './exit-code.ts';
import { Output } from './output.ts';

/** Runs `hvrc` with the arguments after its name. Resolves to the exit code (`exit-code.ts`); throws nothing. */
export const runCli = async (args: readonly string[], environment: CliEnvironment): Promise<number> => {
  const program = new Command('hvrc');
  const runner = new CommandRunner(environment, () => program.opts<GlobalOptions>());
  let usage = '';
  program
    .description('Hyper-V Replica Console: protects the VMs of one host into a vault, and brings them back.')
    .version(packageJson.version)
    .option(
      '--data <dir>',
      'directory of the engine’s database, log and socket (default: HVRC_DATA, or per user)',
    )
    .option('--json', 'print JSON for programs')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: (text) => {
        usage += text;
      },
    })
    .exitOverride()
    .addHelpText(
      'after',
      `${examples(
        'sample ./site',
        'host use ./site',
        'vault add nas /mnt/nas/vault',
        'protect WEB01 --vault nas --wait',
        'run',
        'status',
      )}
Exit codes: 0 done, 1 failed, 2 wrong usage, 75 failed for now and will be retried, 130 interrupted.
Commands given while an engine runs (hvrc run, the console, the agent) go to that engine.`,
    );
  // The headings of the help come in the order of their first command.
  const groups = [
    sampleCommands,
    hostCommands,
    vmCommands,
    vaultCommands,
    settingsCommands,
    bandwidthCommands,
    protectionCommands,
    statusCommands,
    statisticsCommands,
    retryCommands,
    jobCommands,
    eventCommands,
    alertCommands,
    errorCommands,
    replicationCommands,
    recoveryCommands,
    diskCommands,
    hrlCommands,
    engineCommands,
    supportCommands,
  ];
  for (const addCommands of groups) addCommands(program, runner);
  groupCommands(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return runner.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === exitCodes.done) return exitCodes.done;
    printUsage(error, usage, args.includes('--json'), environment);
    return exitCodes.usage;
  }
};

/** Sorts the commands of the help under their headings. */
const groupCommands = (program: Command): void => {
  const named = new Map(program.commands.map((command) => [command.name(), command]));
  const ordered = Object.entries(commandGroups).flatMap(([heading, names]) =>
    names.flatMap((name) => named.get(name)?.helpGroup(heading) ?? []),
  );
  const others = program.commands.filter((command) => !ordered.includes(command));
  program.configureHelp({ ...program.configureHelp(), visibleCommands: () => [...ordered, ...others] });
};

/** What is wrong with the arguments, for people or as the JSON that a program expects of any error. */
const printUsage = (
  error: CommanderError,
  help: string,
  json: boolean,
  environment: CliEnvironment,
): void => {
  const isHelp = error.code === 'commander.help';
  const message = isHelp ? 'A command is missing.' : sentence(error.message.replace(/^error: /, ''));
  if (json) new Output(environment, true).error(new ReplicationError('INPUT_INVALID', message));
  else
    environment.stderr.write(
      isHelp ? help : `hvrc: ${message}\nNext: See hvrc --help, or the command’s own --help.\n`,
    );
};

/** Commander writes no capitals and, mostly, no full stops. */
const sentence = (text: string): string => {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?)]$/.test(capital) ? capital : `${capital}.`;
};
