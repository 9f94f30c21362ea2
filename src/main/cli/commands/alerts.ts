import type { Command } from 'commander';
import {
  type AlertChannel,
  type AlertsReport,
  alertChannels,
  type ChannelReport,
  type SecretChannel,
  secretChannels,
} from '../../../contract/alerts.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatTime } from '../format.ts';
import { oneOf } from '../parse-option.ts';
import { readSecret } from '../read-secret.ts';
import type { Session } from '../session.ts';
import { changeOf, readValue } from './settings.ts';

/** Where a channel's secret may be given without a prompt. */
const secretVariables: Readonly<Record<SecretChannel, string>> = {
  email: 'HVRC_SMTP_PASSWORD',
  webhook: 'HVRC_WEBHOOK_SECRET',
};

const secretNames: Readonly<Record<SecretChannel, string>> = {
  email: 'Password of the mail server',
  webhook: 'Key that signs the webhook’s messages',
};

const secretHelp = `
A secret is asked for, or comes from the environment: HVRC_SMTP_PASSWORD for e-mail, HVRC_WEBHOOK_SECRET for the
webhook. It is kept apart from the settings and never shown.`;

export const alertCommands = (program: Command, runner: CommandRunner): void => {
  const alerts = program.command('alerts').description('show alerts, set up how they are told, and test it');
  alerts
    .command('show', { isDefault: true })
    .description('list the alerts that hold now, and the channels')
    .addHelpText('after', examples('alerts', 'alerts --json'))
    .action(() =>
      runner.run(async (session) => {
        await showAlerts(session, await session.request('alerts', {}));
        return undefined;
      }),
    );
  alerts
    .command('set')
    .description('change one setting of the alerts')
    .argument('<name>', 'its name below `alerts.`, as `hvrc settings` shows it')
    .argument('<value>', 'a word, or JSON for numbers, lists and on/off')
    .addHelpText(
      'after',
      examples(
        'alerts set email.host mail.example.org',
        'alerts set email.from hvrc@example.org',
        `alerts set email.to '["admin@example.org"]'`,
        'alerts set email.enabled true',
        'alerts set quietTimeMinutes 480',
      ),
    )
    .action((name: string, value: string) =>
      runner.run(async (session) => {
        const before = await session.request('settings.show', {});
        const change = changeOf(before, `alerts.${name}`, readValue(value));
        const after: Settings = await session.request('settings.change', change);
        session.output.answer(
          after.alerts,
          () => `Set ${name}. Try it: hvrc alerts test email|webhook|desktop`,
        );
        return undefined;
      }),
    );
  alerts
    .command('secret')
    .description('keep the password of the mail server, or the key that signs the webhook’s messages')
    .argument('<channel>', secretChannels.join(' or '), oneOf(secretChannels))
    .option('--forget', 'forget it')
    .addHelpText('after', secretHelp)
    .addHelpText('after', examples('alerts secret email', 'alerts secret webhook --forget'))
    .action((channel: SecretChannel, { forget = false }: { readonly forget?: boolean }) =>
      runner.run(async (session) => {
        const secret = forget ? null : await askSecret(session, channel);
        const report = await session.request('alerts.secret', { channel, secret });
        session.output.answer(report, () => (forget ? 'Forgotten.' : 'Kept.'));
        return undefined;
      }),
    );
  alerts
    .command('test')
    .description('send a test message through a channel, as it is set up now')
    .argument('<channel>', alertChannels.join(', '), oneOf(alertChannels))
    .addHelpText('after', examples('alerts test email', 'alerts test desktop'))
    .action((channel: AlertChannel) =>
      runner.run(async (session) => {
        const report = await session.request('alerts.test', { channel });
        session.output.answer(report, () => testedText[channel]);
        return undefined;
      }),
    );
};

const testedText: Readonly<Record<AlertChannel, string>> = {
  desktop: 'Sent to every console that is open now.',
  email: 'The mail server took the message.',
  webhook: 'The webhook took the message.',
};

const askSecret = async (session: Session, channel: SecretChannel): Promise<string> => {
  const variable = secretVariables[channel];
  const given = session.environment.env[variable];
  const secret =
    given === undefined || given === ''
      ? await readSecret(session.environment, `${secretNames[channel]}: `, session.signal)
      : given;
  if (secret !== '') return secret;
  throw new ReplicationError('INPUT_INVALID', `No secret was given. Type it, or set ${variable}.`);
};

const showAlerts = async (session: Session, report: AlertsReport): Promise<void> => {
  const now = session.environment.now();
  const { formatTable, right } = await import('../table.ts');
  const time = (iso: string | null) => (iso === null ? null : formatTime(iso, now));
  session.output.answer(report, () => {
    const active =
      report.active.length === 0
        ? 'There are no alerts.'
        : formatTable(
            ['Severity', 'VM', 'Since', 'Told', 'What holds'],
            report.active.map(({ severity, vm, since, toldAt, text }) => [
              severity,
              vm,
              time(since),
              time(toldAt),
              text,
            ]),
          );
    const channels = formatTable(
      ['Channel', 'State', 'Secret', right('Waiting'), 'Last sent', 'Trouble'],
      report.channels.map((channel) => [
        channel.channel,
        channel.enabled ? 'on' : 'off',
        secretState(channel),
        channel.waiting,
        time(channel.lastSentAt),
        channel.error?.message,
      ]),
    );
    return [active, channels, ...otherLines(report)].join('\n\n');
  });
};

const secretState = ({ hasSecret }: ChannelReport): string | null =>
  hasSecret === null ? null : hasSecret ? 'kept' : 'none';

const otherLines = ({ metricsUrl, metricsError, pingError }: AlertsReport): readonly string[] => [
  ...(metricsUrl === null ? [] : [`Metrics: ${metricsUrl}`]),
  ...(metricsError === null ? [] : [metricsError.message]),
  ...(pingError === null ? [] : [`The health ping does not arrive: ${pingError.message}`]),
];
