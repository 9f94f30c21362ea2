import type { EmailSettings } from '../../contract/alert-settings.ts';
import type { NotificationReport } from '../../contract/alerts.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { networkError } from './network-error.ts';

const timeoutMs = 20_000;

/** What nodemailer adds to an error. */
interface MailError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/**
 * Sends a message by e-mail. The password goes to the server over TLS only.
 * @throws ReplicationError `ALERT_CHANNEL_OFF`, `ALERT_REFUSED`, `ALERT_UNREACHABLE`, `ALERT_UNTRUSTED`
 */
export const sendEmail = async (
  settings: EmailSettings,
  password: string | null,
  notification: NotificationReport,
): Promise<void> => {
  const { host, port, security, user, from, to } = settings;
  if (host === '' || from === '' || to.length === 0)
    throw off('Its server, sender or recipients are missing.');
  if (user !== '' && password === null) throw off(`No password of ${user} is kept.`);
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === '' ? {} : { auth: { user, pass: password ?? '' } }),
    tls: { minVersion: 'TLSv1.2' },
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: { name: 'Hyper-V Replica Console', address: from },
      to: to.map((address) => ({ name: '', address })),
      subject: subjectOf(notification),
      text: bodyOf(notification),
      messageId: `<${notification.id}@hyperv-replica-console>`,
      headers: {
        // Answers of absent people would come to nobody.
        'Auto-Submitted': 'auto-generated',
        ...(notification.severity === 'critical' ? { Importance: 'high' } : {}),
      },
    });
  } catch (thrown) {
    throw mailError(`the mail server ${host}:${port}`, thrown as MailError);
  } finally {
    transport.close();
  }
};

const marks = { critical: '[Critical]', warning: '[Warning]', info: '[OK]' } as const;

const subjectOf = ({ kind, severity, title, host }: NotificationReport): string =>
  `${kind === 'test' ? '[Test]' : marks[severity]} ${title} (${host})`;

const bodyOf = ({ text, items, host, at }: NotificationReport): string =>
  [
    text.replaceAll('\n', '\n\n'),
    ...(items.some(({ kind }) => kind !== 'cleared')
      ? ['What happens next and what helps: hvrc status, or the console.']
      : []),
    `-- \nHyper-V Replica Console on ${host}, ${at}`,
  ].join('\n\n');

const mailError = (server: string, error: MailError): ReplicationError => {
  const said = error.response === undefined ? '' : ` It said: ${oneLine(error.response)}`;
  const refused = (what: string) =>
    new ReplicationError('ALERT_REFUSED', `${what}${said}`, { cause: error.message });
  if (error.code === 'ETLS') return networkError(server, error);
  // 4xx is "not now": the same message may be taken later.
  const isForNow = error.responseCode !== undefined && error.responseCode < 500;
  if (isForNow)
    return new ReplicationError('ALERT_UNREACHABLE', `The message was put off by ${server}.${said}`, {
      cause: error.message,
    });
  if (error.code === 'EAUTH') return refused(`The sign-in was refused by ${server}.`);
  if (error.code === 'EENVELOPE') return refused(`The sender or a recipient was refused by ${server}.`);
  if (error.responseCode !== undefined) return refused(`The message was refused by ${server}.`);
  return networkError(server, error);
};

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 300);

const off = (why: string): ReplicationError =>
  new ReplicationError('ALERT_CHANNEL_OFF', `E-mail cannot be sent. ${why}`);
