import type { Command } from 'commander';
import { type ErrorCode, errorCatalogue, isErrorCode } from '../../../contract/error-catalogue.ts';
import { errorMeanings } from '../../../contract/error-meanings.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import { hyperVEvents } from '../../../contract/hyper-v-events.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';

export const errorCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('error')
    .description('explain a code of the error catalogue; without one, list them all')
    .argument('[code]', 'such as VAULT_UNREACHABLE')
    .addHelpText('after', examples('error', 'error VAULT_UNREACHABLE', 'error hrl_threshold --json'))
    .action((text: string | undefined) =>
      runner.run(async ({ output }) => {
        const { formatFields, formatTable } = await import('../table.ts');
        if (text === undefined) {
          const all = (Object.keys(errorCatalogue) as ErrorCode[]).map(explain);
          output.answer(all, () =>
            formatTable(
              ['Code', 'Class', 'Title'],
              all.map(({ code, class: errorClass, title }) => [code, classWords[errorClass], title]),
            ),
          );
          return undefined;
        }
        const entry = explain(codeOf(text));
        output.answer(entry, () =>
          formatFields([
            ['Code', entry.code],
            ['Title', entry.title],
            ['Meaning', entry.meaning],
            ['Class', classWords[entry.class]],
            ['Next step', entry.nextStep],
            ...entry.hyperVEvents.map(({ id, text: says }) => ['Hyper-V', `${id}: ${says}`] as const),
          ]),
        );
        return undefined;
      }),
    );
};

const classWords = { recoverable: 'tried again by itself', nonRecoverable: 'waits for a person' } as const;

/** @throws ReplicationError `INPUT_INVALID` with the codes that come near */
const codeOf = (text: string): ErrorCode => {
  const code = text.trim().toUpperCase().replaceAll('-', '_');
  if (isErrorCode(code)) return code;
  const near = Object.keys(errorCatalogue).filter((known) => known.includes(code) || code.includes(known));
  const hint = near.length === 0 ? '' : ` Do you mean ${near.slice(0, 5).join(', ')}?`;
  throw new ReplicationError('INPUT_INVALID', `There is no error code ${text}.${hint}`);
};

const explain = (code: ErrorCode) => {
  const { hyperVEventIds, ...entry } = errorCatalogue[code];
  return {
    code,
    ...entry,
    meaning: errorMeanings[code],
    hyperVEvents: hyperVEventIds.map((id) => ({ id, text: hyperVEvents[id] })),
  };
};
