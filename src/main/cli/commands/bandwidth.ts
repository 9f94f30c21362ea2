import { type Command, InvalidArgumentError } from 'commander';
import type { BandwidthSettings } from '../../../contract/bandwidth.ts';
import type { WeekHours } from '../../../contract/week-hours.ts';
import { type Weekday, weekdays } from '../../../contract/weekdays.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';

interface SetOptions {
  readonly work?: number | 'none';
  readonly other?: number | 'none';
  readonly days?: readonly Weekday[];
  readonly hours?: Pick<WeekHours, 'from' | 'to'>;
}

export const bandwidthCommands = (program: Command, runner: CommandRunner): void => {
  const bandwidth = program
    .command('bandwidth')
    .description('show and change how much of the line replication may use');
  bandwidth
    .command('show', { isDefault: true })
    .description('show the limits and their hours')
    .addHelpText('after', examples('bandwidth', 'bandwidth --json'))
    .action(() =>
      runner.run(async (session) => {
        const { bandwidth: limits } = await session.request('settings.show', {});
        session.output.answer(limits, () => describeLimits(limits));
        return undefined;
      }),
    );
  bandwidth
    .command('set')
    .description(
      'change the limits; they are shared by all VMs and hold within a second, for running uploads too',
    )
    .option('--work <rate>', 'limit in work hours: bits a second as 512K–1023M, or none', rate)
    .option('--other <rate>', 'limit at other times', rate)
    .option('--days <days>', 'work days: mon-fri, or mon,wed,sat', days)
    .option('--hours <hours>', 'work hours: 09:00-18:00', hours)
    .addHelpText(
      'after',
      examples(
        'bandwidth set --work 10M --other none',
        'bandwidth set --work 2M --days mon-fri --hours 08:00-19:00',
        'bandwidth set --work none --other none',
      ),
    )
    .action((options: SetOptions) =>
      runner.run(async (session) => {
        const { bandwidth: before } = await session.request('settings.show', {});
        const { bandwidth: limits } = await session.request('settings.change', {
          bandwidth: changeOf(before, options),
        });
        session.output.answer(limits, () => describeLimits(limits));
        return undefined;
      }),
    );
};

const changeOf = (before: BandwidthSettings, { work, other, days, hours }: SetOptions) => ({
  ...(work === undefined ? {} : { workHoursBps: work === 'none' ? null : work }),
  ...(other === undefined ? {} : { otherBps: other === 'none' ? null : other }),
  ...(days === undefined && hours === undefined
    ? {}
    : { hours: { ...before.hours, ...(days === undefined ? {} : { days: [...days] }), ...hours } }),
});

const factors = { K: 1_000, M: 1_000_000 } as const;

/** Reads bits a second, as 512K or 10M. */
const rate = (text: string): number | 'none' => {
  if (text === 'none') return 'none';
  const [, number = '', unit] = /^(\d{1,4}(?:\.\d{1,3})?)([KM])$/i.exec(text) ?? [];
  if (unit === undefined) throw new InvalidArgumentError('It must be bits a second as 512K or 10M, or none.');
  return Math.round(Number(number) * factors[unit.toUpperCase() as keyof typeof factors]);
};

/** Reads days of the week, single ones and spans. */
const days = (text: string): Weekday[] => {
  const chosen = new Set<Weekday>();
  for (const part of text.toLowerCase().split(',')) {
    const [from, to = from] = part.split('-').map((day) => weekdays.indexOf(day as Weekday));
    if (from === undefined || to === undefined || from < 0 || to < 0)
      throw new InvalidArgumentError('It must be days as mon-fri or mon,wed,sat.');
    const length = ((to - from + 7) % 7) + 1;
    for (let index = 0; index < length; index += 1) chosen.add(weekdays[(from + index) % 7]!);
  }
  return weekdays.filter((day) => chosen.has(day));
};

const hours = (text: string): Pick<WeekHours, 'from' | 'to'> => {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new InvalidArgumentError('It must be as 09:00-18:00.');
  return { from, to };
};

const describeLimits = ({ workHoursBps, otherBps, hours: { days: chosen, from, to } }: BandwidthSettings) =>
  chosen.length === 0
    ? `Bandwidth: ${describeRate(otherBps)}; there are no work hours.`
    : [
        `In work hours (${chosen.join(', ')} ${from}–${to}): ${describeRate(workHoursBps)}`,
        `At other times: ${describeRate(otherBps)}`,
      ].join('\n');

const describeRate = (bps: number | null): string => {
  if (bps === null) return 'no limit';
  return bps < factors.M ? `${bps / factors.K} Kbit/s` : `${bps / factors.M} Mbit/s`;
};
