import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertsReport } from '../../../src/contract/alerts.ts';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { defaultSettings } from '../../../src/contract/settings.ts';
import { CliHarness } from './cli-harness.ts';

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
});
afterEach(() => cli.remove());

const idle = { waiting: 0, lastSentAt: null, error: null };
const report: AlertsReport = {
  active: [
    {
      key: 'rpo:1 rpoLimit',
      cause: 'rpoLimit',
      severity: 'critical',
      vmId: '1',
      vm: 'WEB01',
      disk: null,
      since: '2026-11-20T11:30:00.000Z',
      text: 'The RPO of WEB01 is 52 min, 260 % of its limit of 20 min.',
      toldAt: null,
    },
  ],
  channels: [
    { channel: 'desktop', enabled: true, hasSecret: null, ...idle },
    { channel: 'email', enabled: true, hasSecret: true, ...idle, waiting: 2 },
    { channel: 'webhook', enabled: false, hasSecret: false, ...idle },
  ],
  metricsUrl: 'http://127.0.0.1:9469/metrics',
  metricsError: null,
  lastPingAt: null,
  pingError: null,
};

describe('hvrc alerts', () => {
  it('lists the alerts that hold and the state of the channels', async () => {
    cli.answer({ alerts: () => report });
    const { stdout, exitCode } = await cli.run('alerts');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/critical +WEB01 .* - +The RPO of WEB01 is 52 min/);
    expect(stdout).toMatch(/email +on +kept +2 +- +-/);
    expect(stdout).toMatch(/webhook +off +none/);
    expect(stdout).toContain('Metrics: http://127.0.0.1:9469/metrics');
    expect(JSON.parse((await cli.run('alerts', 'show', '--json')).stdout)).toEqual(report);
  });

  it('takes a secret from the environment or from what is typed, never from an argument', async () => {
    const { asked } = cli.answer({ 'alerts.secret': () => report });
    cli.variables = { HVRC_SMTP_PASSWORD: 'from the environment' };
    expect((await cli.run('alerts', 'secret', 'email')).exitCode).toBe(0);
    cli.variables = {};
    cli.input = 'typed in\nand more\n';
    const { stdout, stderr } = await cli.run('alerts', 'secret', 'webhook');
    await cli.run('alerts', 'secret', 'webhook', '--forget');
    expect(asked.map(({ params }) => params)).toEqual([
      { channel: 'email', secret: 'from the environment' },
      { channel: 'webhook', secret: 'typed in' },
      { channel: 'webhook', secret: null },
    ]);
    expect(stdout + stderr).not.toContain('typed in');
    expect((await cli.run('alerts', 'secret', 'email', 'as an argument')).exitCode).toBe(2);
  });

  it('asks for nothing to be kept when nothing was typed', async () => {
    const { asked } = cli.answer({ 'alerts.secret': () => report });
    const { exitCode, stderr } = await cli.run('alerts', 'secret', 'email');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('No secret was given. Type it, or set HVRC_SMTP_PASSWORD.');
    expect(asked).toEqual([]);
  });

  it('tests a channel and says why it does not work', async () => {
    cli.answer({ 'alerts.test': () => ({ delivered: true }) });
    expect((await cli.run('alerts', 'test', 'email')).stdout).toBe('The mail server took the message.\n');
    cli.answer({
      'alerts.test': () => {
        throw new ReplicationError('ALERT_REFUSED', 'The sign-in was refused by the mail server m:465.');
      },
    });
    const refused = await cli.run('alerts', 'test', 'email');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('The sign-in was refused by the mail server m:465. [ALERT_REFUSED]');
    expect((await cli.run('alerts', 'test', 'pigeon')).exitCode).toBe(2);
  });

  it('changes one field of a channel and keeps the others', async () => {
    const { asked } = cli.answer({
      'settings.show': () => defaultSettings,
      'settings.change': () => defaultSettings,
    });
    await cli.run('alerts', 'set', 'email.port', '587');
    const { alerts } = defaultSettings;
    expect(asked.at(-1)?.params).toEqual({ alerts: { ...alerts, email: { ...alerts.email, port: 587 } } });
  });
});
