import { type Command, InvalidArgumentError, Option } from 'commander';
import { eventCsv } from '../../../contract/event-csv.ts';
import type { EventFilter } from '../../../contract/event-filter.ts';
import { eventFits } from '../../../contract/event-fits.ts';
import { type EventReport, eventLevels } from '../../../contract/reports.ts';
import { writeNewFile } from '../../platform/new-file.ts';
import type { CommandRunner } from '../command-runner.ts';
import { describeEvent } from '../event-text.ts';
import { examples } from '../examples.ts';
import { formatCount } from '../format.ts';
import { wholeNumber } from '../parse-option.ts';
import type { Session } from '../session.ts';
import { untilAborted } from '../until-aborted.ts';

interface EventOptions {
  readonly limit: number;
  readonly vm?: string;
  readonly level?: EventReport['level'];
  readonly code?: string;
  readonly text?: string;
  readonly since?: Since;
  readonly csv?: string;
  readonly follow?: boolean;
}

/** An event's number, or a moment in milliseconds relative to now or since the epoch. */
type Since = { readonly id: number } | { readonly ageMs: number } | { readonly atMs: number };

const defaultLimit = 50;
const pageSize = 1000;
const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const eventCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('events')
    .description('list the latest events, the oldest first')
    .option('--limit <n>', 'how many', wholeNumber(1, 1000), defaultLimit)
    .option('--vm <vm>', 'only those of one VM')
    .addOption(new Option('--level <level>', 'only those of that level and graver').choices(eventLevels))
    .option('--code <code>', 'only those with that code of the catalogue')
    .option('--text <text>', 'only those that hold that text')
    .option(
      '--since <when>',
      'only those after an event’s number, since a time, or the last 90m, 24h, 7d',
      since,
    )
    .option('--csv <file>', 'write all that fit to a new CSV file instead')
    .option('--follow', 'then print each new one until interrupted')
    .addHelpText(
      'after',
      examples(
        'events',
        'events --vm WEB01 --limit 5',
        'events --level warning --since 24h',
        'events --code VAULT_UNREACHABLE --csv outages.csv',
        'events --follow --json',
      ),
    )
    .action((options: EventOptions) =>
      runner.run(async (session) => {
        const { output, environment } = session;
        const query = queryOf(options, environment.now());
        if (options.csv !== undefined) {
          await exportEvents(session, options.csv, query);
        } else if (options.follow) {
          await followEvents(session, query);
        } else {
          const events = await session.request('events', query);
          output.answer(events, () =>
            events.length === 0
              ? 'There are no events.'
              : events.map((event) => describeEvent(event, environment.now())).join('\n'),
          );
        }
        return undefined;
      }),
    );
};

type Query = EventFilter & { readonly limit: number; readonly sinceId?: number };

const queryOf = ({ limit, vm, level, code, text, since: from }: EventOptions, now: number): Query => ({
  limit,
  ...(vm === undefined ? {} : { vm }),
  ...(level === undefined ? {} : { level }),
  ...(code === undefined ? {} : { code: code.toUpperCase() as NonNullable<EventFilter['code']> }),
  ...(text === undefined ? {} : { text }),
  ...(from === undefined ? {} : 'id' in from ? { sinceId: from.id } : { since: momentOf(from, now) }),
});

const momentOf = (from: Exclude<Since, { id: number }>, now: number): string =>
  new Date('ageMs' in from ? now - from.ageMs : from.atMs).toISOString();

const since = (text: string): Since => {
  if (/^\d{1,15}$/.test(text)) return { id: Number(text) };
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined)
    return { ageMs: Number(count) * unitsMs[unit as keyof typeof unitsMs] };
  const atMs = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(atMs)) return { atMs };
  throw new InvalidArgumentError(
    'It must be an event’s number, a time such as 2026-03-01T09:00, or 90m, 24h, 7d.',
  );
};

/** Every event that fits, however many: page by page. */
const exportEvents = async (session: Session, file: string, query: Query): Promise<void> => {
  const events: EventReport[] = [];
  for (let sinceId = query.sinceId ?? 0; ; ) {
    const page = await session.request('events', { ...query, limit: pageSize, sinceId });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    sinceId = last.id;
  }
  const path = session.path(file);
  writeNewFile(path, eventCsv(events));
  session.output.answer(
    { file: path, events: events.length },
    () => `${formatCount(events.length, 'event')} written to ${path}.`,
  );
};

/** Those there are, then each new one. */
const followEvents = async (session: Session, query: Query): Promise<void> => {
  const { output, environment } = session;
  let shown = -1;
  const show = (event: EventReport) => {
    if (event.id <= shown || !eventFits(event, query)) return;
    shown = event.id;
    output.item(event, () => describeEvent(event, environment.now()));
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
};
