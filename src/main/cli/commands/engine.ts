import type { Command } from 'commander';
import { ReplicationError } from '../../../contract/errors.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { describeEvent } from '../event-text.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTime } from '../format.ts';
import { untilAborted } from '../until-aborted.ts';

export const engineCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('run')
    .description('run the engine in the foreground until interrupted, a line for each event')
    .addHelpText('after', examples('run', 'run --data /var/lib/hvrc --json'))
    .action(() =>
      runner.run(async (session) => {
        const { output, environment } = session;
        const { becomeEngine } = await import('../../transport/connect.ts');
        const engine = await becomeEngine(session.engineOptions);
        try {
          engine.console.subscribe((push) => {
            if (push.kind === 'event')
              output.item(push.event, () => describeEvent(push.event, environment.now()));
          });
          await engine.console.start();
          output.note(
            `The engine runs on ${session.dataDirectory} (process ${process.pid}). Ctrl-C stops it.`,
          );
          const { rebuilt } = await engine.console.request('engine.info', {});
          if (rebuilt !== undefined) {
            const { describeRebuilt } = await import('../status-text.ts');
            output.note(describeRebuilt(rebuilt, environment.now()));
          }
          await Promise.race([untilAborted(session.signal), engine.stopRequested]);
          output.note('Stopping; what is under way goes on at the next start.');
        } finally {
          await engine.stop();
        }
        return undefined;
      }),
    );
  program
    .command('stop')
    .description('stop the engine that runs on the data directory')
    .addHelpText('after', examples('stop'))
    .action(() =>
      runner.run(async (session) => {
        const client = await runningEngine(session.dataDirectory);
        if (client === null) {
          session.output.answer({ stopped: false }, () => 'No engine runs on this data directory.');
          return undefined;
        }
        await client.request('engine.stop', {});
        await Promise.race([client.ended, untilAborted(session.signal)]);
        if (session.signal.aborted) throw new ReplicationError('CANCELLED', 'The engine is still stopping.');
        session.output.answer({ stopped: true }, () => 'The engine has stopped.');
        return undefined;
      }),
    );
  program
    .command('engine')
    .description('show the engine that runs on the data directory')
    .addHelpText('after', examples('engine'))
    .action(() =>
      runner.run(async (session) => {
        const { output, environment } = session;
        const client = await runningEngine(session.dataDirectory);
        if (client === null) {
          output.answer(
            { running: false, dataDirectory: session.dataDirectory },
            () => `No engine runs on ${session.dataDirectory}. Start it: hvrc run`,
          );
          return exitCodes.failed;
        }
        const report = await client.request('engine.info', {}).finally(() => client.close());
        const { formatFields } = await import('../table.ts');
        output.answer(report, () =>
          formatFields([
            ['Process', report.pid],
            ['Version', report.version],
            ['Started', formatTime(report.startedAt, environment.now())],
            ['Data directory', report.dataDirectory],
            ['Log file', report.logFile],
            ['Cycles', report.running ? 'running' : 'not running'],
            ['Protected VMs', report.protectedVms],
            ['Memory', formatBytes(report.memoryBytes)],
          ]),
        );
        return undefined;
      }),
    );
};

const runningEngine = async (dataDirectory: string) => {
  const { connectSocket } = await import('../../transport/socket-client.ts');
  const { socketPathOf } = await import('../../transport/socket-path.ts');
  return connectSocket(socketPathOf(dataDirectory));
};
