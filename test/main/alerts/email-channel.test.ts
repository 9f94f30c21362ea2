import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultAlertSettings, type EmailSettings } from '../../../src/contract/alert-settings.ts';
import type { NotificationReport } from '../../../src/contract/alerts.ts';
import { composeNotification } from '../../../src/main/alerts/compose-notification.ts';
import { sendEmail } from '../../../src/main/alerts/email-channel.ts';
import { MailServer, mailPassword, mailUser } from '../../support/mail-server.ts';
import { trustedTls } from '../../support/trusted-tls.ts';

const notification: NotificationReport = composeNotification(
  [
    {
      kind: 'raised',
      cause: 'healthCritical',
      severity: 'critical',
      vmId: '1',
      vm: 'WEB01',
      disk: null,
      since: '2026-11-20T12:00:00.000Z',
      text: 'The vault "nas" is full – 0 MB free.',
    },
  ],
  { id: 'message-1', atMs: Date.UTC(2026, 10, 20, 12), host: 'HV1' },
);

const trust = trustedTls();
let server: MailServer | null = null;
let other: Server | null = null;
const sockets = new Set<Socket>();

afterEach(async () => {
  await server?.close();
  for (const socket of sockets) socket.destroy();
  if (other !== null) await new Promise((done) => other?.close(done));
  server = null;
  other = null;
  sockets.clear();
});

const start = async (options?: SMTPServerOptions): Promise<EmailSettings> => {
  server = new MailServer(options);
  return {
    ...defaultAlertSettings.email,
    host: '127.0.0.1',
    port: await server.listen(),
    user: mailUser,
    from: 'hvrc@example.org',
    to: ['admin@example.org', 'second@example.org'],
  };
};

const failure = (settings: EmailSettings, password: string | null = mailPassword) =>
  sendEmail(settings, password, notification).then(
    () => null,
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  );

describe('an alert by e-mail', () => {
  it('goes over TLS to every recipient, signed in, with what happened in subject and text', async () => {
    const settings = await start();
    trust();
    await sendEmail(settings, mailPassword, notification);
    const [mail] = server!.received;
    expect(mail).toMatchObject({
      from: 'hvrc@example.org',
      to: ['admin@example.org', 'second@example.org'],
      user: mailUser,
      secure: true,
    });
    expect(mail!.raw).toContain('Subject: [Critical] WEB01: health is Critical (HV1)');
    expect(mail!.raw).toContain('Auto-Submitted: auto-generated');
    expect(mail!.raw).toContain('Message-ID: <message-1@hyperv-replica-console>');
    expect(mail!.raw.replaceAll('=\r\n', '')).toContain('The vault "nas" is full =E2=80=93 0 MB free.');
    expect(mail!.raw).not.toContain(mailPassword);
  });

  it('goes over STARTTLS too, and never signs in before it', async () => {
    const settings = await start({ secure: false });
    trust();
    await sendEmail({ ...settings, security: 'starttls' }, mailPassword, notification);
    expect(server!.received).toMatchObject([{ secure: true, user: mailUser }]);
  });

  it('is not sent where STARTTLS is not offered', async () => {
    const settings = await start({ secure: false, disabledCommands: ['STARTTLS'] });
    trust();
    expect(await failure({ ...settings, security: 'starttls' })).toEqual({
      code: 'ALERT_UNTRUSTED',
      message: `The mail server 127.0.0.1:${settings.port} cannot be used: it offers no encryption.`,
    });
    expect(server!.signIns).toBe(0);
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const settings = await start();
    expect(await failure(settings)).toEqual({
      code: 'ALERT_UNTRUSTED',
      message: `The mail server 127.0.0.1:${settings.port} cannot be used: its certificate is self-signed.`,
    });
    expect(server!.signIns).toBe(0);
  });

  it('says that the sign-in was refused, without the password', async () => {
    const settings = await start();
    trust();
    const refused = await failure(settings, 'wrong secret');
    expect(refused).toEqual({
      code: 'ALERT_REFUSED',
      message: `The sign-in was refused by the mail server 127.0.0.1:${settings.port}. It said: 535 Bad user name or password`,
    });
    expect(JSON.stringify(refused)).not.toContain('wrong secret');
  });

  it.each([
    [550, 'ALERT_REFUSED', 'The message was refused by'],
    [451, 'ALERT_UNREACHABLE', 'The message was put off by'],
  ])('that is answered %i is %s', async (code, expected, words) => {
    const settings = await start();
    trust();
    server!.refusal = { code, text: 'not today' };
    expect(await failure(settings)).toEqual({
      code: expected,
      message: `${words} the mail server 127.0.0.1:${settings.port}. It said: ${code} not today`,
    });
  });

  it('says that the server refuses connections, or has a name that is not known', async () => {
    const settings = await start();
    await server!.close();
    server = null;
    expect(await failure(settings)).toEqual({
      code: 'ALERT_UNREACHABLE',
      message: `The mail server 127.0.0.1:${settings.port} cannot be used: it refused the connection.`,
    });
    expect(await failure({ ...settings, host: 'mail.invalid' })).toMatchObject({
      code: 'ALERT_UNREACHABLE',
      message: expect.stringMatching(/^The mail server mail\.invalid:\d+ cannot be used: its name /),
    });
  });

  it('says that the server hangs up without a word', async () => {
    const settings = await start();
    other = createServer((socket) => {
      sockets.add(socket);
      socket.end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await failure({ ...settings, port, user: '', security: 'none' })).toEqual({
      code: 'ALERT_UNREACHABLE',
      message: `The mail server 127.0.0.1:${port} cannot be used: it closed the connection.`,
    });
  });

  it('is not tried without a password, or without recipients', async () => {
    const settings = await start();
    expect(await failure(settings, null)).toEqual({
      code: 'ALERT_CHANNEL_OFF',
      message: 'E-mail cannot be sent. No password of alerts is kept.',
    });
    expect((await failure({ ...settings, to: [] }))?.code).toBe('ALERT_CHANNEL_OFF');
    expect(server!.signIns).toBe(0);
  });
});
