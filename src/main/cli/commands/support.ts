import type { Command } from 'commander';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';

export const supportCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('support-bundle')
    .description(
      'collect log, settings, status, events and the headers of disks in a zip file; no secrets, no disk data',
    )
    .argument('<file>', 'a new file')
    .addHelpText('after', examples('support-bundle hvrc-support.zip'))
    .action((file: string) =>
      runner.run(async (session) => {
        const { writeSupportBundle } = await import('../../console/support-bundle.ts');
        const { inspectLog } = await import('../../hrl/inspect.ts');
        const { output } = session;
        const result = await writeSupportBundle(
          {
            dataDirectory: session.dataDirectory,
            signal: session.signal,
            describeLog: inspectLog,
            request: (name, params) => session.request(name, params),
          },
          session.path(file),
          (entry, done, total) => output.note(`${Math.floor((100 * done) / total)} %  ${entry}`),
        );
        output.answer(
          result,
          () =>
            `${result.file}: ${result.entries.length} files, ${formatBytes(result.bytes)}. Look through it before you pass it on.`,
        );
        return undefined;
      }),
    );
};
