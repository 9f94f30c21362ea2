import type { Command } from 'commander';
import type { EventReport } from '../../../contract/reports.ts';
import type { CommandRunner } from '../command-runner.ts';
import { describeEvent } from '../event-text.ts';
import { examples } from '../examples.ts';
import { wholeNumber } from '../parse-option.ts';
import { untilAborted } from '../until-aborted.ts';

interface EventOptions {
  readonly limit: number;
  readonly vm?: string;
  readonly since?: number;
  readonly follow?: boolean;
}

const defaultLimit = 50;

export const eventCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('events')
    .description('list the latest events, the oldest first')
    .option('--limit <n>', 'how many', wholeNumber(1, 1000), defaultLimit)
    .option('--vm <vm>', 'only those of one VM')
    .option(
      '--since <id>',
      'only those after the event of that number',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--follow', 'then print each new one until interrupted')
    .addHelpText('after', examples('events', 'events --vm WEB01 --limit 5', 'events --follow --json'))
    .action(({ limit, vm, since, follow = false }: EventOptions) =>
      runner.run(async (session) => {
        const { output, environment } = session;
        const text = (event: EventReport) => describeEvent(event, environment.now());
        const query = {
          limit,
          ...(vm === undefined ? {} : { vm }),
          ...(since === undefined ? {} : { sinceId: since }),
        };
        if (!follow) {
          const events = await session.request('events', query);
          output.answer(events, () =>
            events.length === 0 ? 'There are no events.' : events.map(text).join('\n'),
          );
          return undefined;
        }
        const vmId = vm === undefined ? null : (await session.request('vm.show', { vm })).id;
        let shown = -1;
        const show = (event: EventReport) => {
          if (event.id <= shown || (vmId !== null && event.vmId !== vmId)) return;
          shown = event.id;
          output.item(event, () => text(event));
        };
        const early: EventReport[] = [];
        let hear = (event: EventReport): void => {
          early.push(event);
        };
        const unsubscribe = await session.subscribe((push) => {
          if (push.kind === 'event') hear(push.event);
        });
        for (const event of await session.request('events', query)) show(event);
        for (const event of early) show(event);
        hear = show;
        const connection = await session.connect();
        const gone = connection.kind === 'remote' ? connection.client.ended : connection.engine.stopRequested;
        await Promise.race([untilAborted(session.signal), gone]);
        unsubscribe();
        return undefined;
      }),
    );
};
