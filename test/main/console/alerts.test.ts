import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { NotificationReport } from '../../../src/contract/alerts.ts';
import { engineSite, minuteMs } from '../../support/engine-site.ts';
import { MailServer, mailPassword, mailUser } from '../../support/mail-server.ts';
import { trustedTls } from '../../support/trusted-tls.ts';

const site = engineSite();
const trust = trustedTls();
const servers: Server[] = [];
let mail: MailServer | null = null;

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  await mail?.close();
  mail = null;
});

/** A server that keeps the path and body of each call, and the address it listens at. */
const receiver = async (status = 204) => {
  const calls: { readonly url: string; readonly body: string }[] = [];
  const arrived = { next: Promise.withResolvers<void>() };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ url: request.url ?? '', body });
      response.writeHead(status).end(() => {
        arrived.next.resolve();
        arrived.next = Promise.withResolvers<void>();
      });
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { calls, url, next: () => arrived.next.promise };
};

const notifications = (): readonly NotificationReport[] =>
  site().pushes.flatMap((push) => (push.kind === 'notification' ? [push.notification] : []));

const said = (): string[] =>
  notifications().flatMap(({ items }) => items.map(({ kind, cause }) => `${kind} ${cause}`));

const warnings = (): string[] =>
  site().pushes.flatMap((push) =>
    push.kind === 'event' && push.event.level === 'warning' ? [push.event.text] : [],
  );

const isVaultAway = (away: boolean): void => {
  const { vault } = site();
  if (away) renameSync(vault, `${vault}-away`);
  else renameSync(`${vault}-away`, vault);
};

/** A cycle with something to send, to a vault that is not there. */
const failCycle = async (): Promise<void> => {
  isVaultAway(true);
  await site().write('system.vhdx', 0, 7);
  const { id } = await site().console.request('sync', { vm: 'SRV1' });
  expect((await site().failure(id)).error?.code).toBe('VAULT_UNREACHABLE');
};

const setWebhook = async (url: string): Promise<void> => {
  const { console } = site();
  await console.request('settings.change', { alerts: { webhook: { enabled: true, url } } });
  await console.request('alerts.secret', { channel: 'webhook', secret: 'a key' });
};

/** Lets minutes pass, each with time for what runs outside the clock: workers and sockets. */
const pass = async (minutes: number, until: () => boolean = () => false): Promise<void> => {
  for (let minute = 0; minute < minutes && !until(); minute += 1) {
    await site().clock.advance(minuteMs);
    // Answered by the engine when what it had begun has had its turn.
    await site().console.request('vault.list', {});
  }
};

describe('alerts of an engine', () => {
  it('tell of a vault that went away and came back once, over a restart too, by webhook and on the page', async () => {
    const hook = await receiver();
    await site().protect(300);
    await setWebhook(hook.url);
    await site().start();
    await failCycle();
    const posted = hook.next();
    await pass(10, () => said().includes('raised healthWarning'));
    expect(said()).toContain('raised healthWarning');
    await posted;
    expect(JSON.parse(hook.calls[0]!.body)).toEqual({ version: 1, ...notifications()[0] });
    const before = said();
    const { active, channels } = await site().console.request('alerts', {});
    const health = active.find(({ cause }) => cause === 'healthWarning');
    expect(health).toMatchObject({ vm: 'SRV1', severity: 'warning', toldAt: expect.any(String) });
    expect(channels.find(({ channel }) => channel === 'webhook')).toMatchObject({
      enabled: true,
      hasSecret: true,
      error: null,
    });

    await site().reopen();
    site().pushes.length = 0;
    isVaultAway(false);
    await site().sync();
    await site().start();
    await pass(10, () => said().includes('cleared healthWarning'));
    // What was told before the restart is not told again, only its end.
    expect(before.filter((each) => each === 'raised healthWarning')).toHaveLength(1);
    expect(said()).not.toContain('raised healthWarning');
    expect(said()).toContain('cleared healthWarning');
    const left = await site().console.request('alerts', {});
    expect(left.active.filter(({ cause }) => cause.startsWith('health'))).toEqual([]);
  });

  it('that cannot be delivered are an event once, wait, and arrive when the channel is set right', async () => {
    await site().protect(300);
    const gone = await receiver();
    servers.pop()!.close();
    await setWebhook(gone.url);
    await site().start();
    await failCycle();
    const failed = () => warnings().filter((text) => text.includes('by webhook are not delivered'));
    await pass(40, () => failed().length > 0);
    await pass(10);
    expect(failed()).toEqual([
      `Alerts by webhook are not delivered: The webhook at ${new URL(gone.url).host} cannot be used: it refused the connection.`,
    ]);
    const report = async () =>
      (await site().console.request('alerts', {})).channels.find(({ channel }) => channel === 'webhook');
    expect((await report())?.waiting).toBeGreaterThan(0);

    const hook = await receiver();
    const again = site().next(
      (push) => push.kind === 'event' && push.event.text === 'Alerts by webhook are delivered again.',
    );
    await setWebhook(hook.url);
    // A message that is just on its way to the old address may wait for its next try.
    while (hook.calls.length === 0) {
      await site().clock.advance(1_000);
      await site().console.request('vault.list', {});
    }
    await again;
    expect(JSON.parse(hook.calls[0]!.body)).toMatchObject({ kind: 'alert', version: 1 });
  });

  it('are tested by a message through each channel, and say why one does not work', async () => {
    await site().prepare();
    const { console } = site();
    await expect(console.request('alerts.test', { channel: 'desktop' })).resolves.toEqual({
      delivered: true,
    });
    expect(notifications()).toMatchObject([{ kind: 'test', items: [] }]);

    trust();
    mail = new MailServer();
    const email = {
      enabled: true,
      host: '127.0.0.1',
      port: await mail.listen(),
      security: 'tls' as const,
      user: mailUser,
      from: 'hvrc@example.org',
      to: ['admin@example.org'],
    };
    await console.request('settings.change', { alerts: { email } });
    await expect(console.request('alerts.test', { channel: 'email' })).rejects.toMatchObject({
      code: 'ALERT_CHANNEL_OFF',
    });
    await console.request('alerts.secret', { channel: 'email', secret: 'wrong' });
    await expect(console.request('alerts.test', { channel: 'email' })).rejects.toMatchObject({
      code: 'ALERT_REFUSED',
    });
    const report = await console.request('alerts.secret', { channel: 'email', secret: mailPassword });
    await console.request('alerts.test', { channel: 'email' });
    expect(mail.received).toHaveLength(1);
    expect(mail.received[0]?.raw).toContain('Subject: [Test] Test message');
    // Nowhere in what is shown.
    expect(JSON.stringify([report, await console.request('settings.show', {}), site().pushes])).not.toContain(
      mailPassword,
    );
  });

  it('refuse settings that cannot work, by field', async () => {
    await site().prepare();
    const { console } = site();
    const { email } = (await console.request('settings.show', {})).alerts;
    const change = (alerts: object) =>
      console.request('settings.change', { alerts }).then(
        () => null,
        ({ message }: Error) => message,
      );
    expect(await change({ email: { ...email, enabled: true } })).toContain(
      'alerts.email.host: must be given first',
    );
    expect(await change({ email: { ...email, host: 'mail.example.org', security: 'none' } })).toContain(
      'alerts.email.security: must be tls or starttls',
    );
    expect(await change({ email: { ...email, to: ['a@b.example\r\nBcc: x@y.example'] } })).toContain(
      'must be an address',
    );
    expect(await change({ webhook: { enabled: false, url: 'http://example.org/' } })).toContain('https://');
    expect(await change({ webhook: { enabled: false, url: 'https://u:p@example.org/' } })).toContain(
      'password',
    );
  });

  it('ping a watcher after cycles that succeeded, and tell it once of a VM that turned Critical', async () => {
    const watcher = await receiver(200);
    await site().protect(300);
    const { console } = site();
    const healthPing = { enabled: true, url: `${watcher.url}/ping/1`, reportFailure: true };
    await console.request('settings.change', { healthPing });
    const pinged = watcher.next();
    await site().start();
    await site().sync();
    await pass(10, () => watcher.calls.length > 0);
    await pinged;
    expect(watcher.calls[0]?.url).toBe('/ping/1');
    // The VM's disk is gone: no retry helps.
    renameSync(site().disk('system.vhdx'), site().disk('system.gone'));
    const failed = watcher.next();
    await pass(20, () => watcher.calls.some(({ url }) => url === '/ping/1/fail'));
    await failed.catch(() => undefined);
    const fails = () => watcher.calls.filter(({ url }) => url === '/ping/1/fail').length;
    const pings = watcher.calls.length;
    await pass(20);
    expect(fails()).toBe(1);
    expect(watcher.calls.length).toBe(pings);
  });
});
