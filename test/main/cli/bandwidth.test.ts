import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings, type SettingsChange, settingsSchema } from '../../../src/contract/settings.ts';
import { CliHarness } from './cli-harness.ts';

let cli: CliHarness;
let changes: SettingsChange[];
beforeEach(() => {
  cli = new CliHarness();
  changes = [];
  let settings = defaultSettings;
  cli.answer({
    'settings.show': async () => settings,
    'settings.change': async (change: SettingsChange) => {
      changes.push(change);
      settings = settingsSchema.parse({
        ...settings,
        bandwidth: { ...settings.bandwidth, ...change.bandwidth },
      });
      return settings;
    },
  });
});
afterEach(() => cli.remove());

describe('hvrc bandwidth', () => {
  it('sets limits, days and hours, and leaves alone what is not named', async () => {
    const { exitCode, stdout } = await cli.run(
      ...[
        'bandwidth',
        'set',
        '--work',
        '10M',
        '--other',
        'none',
        '--days',
        'fri-mon',
        '--hours',
        '08:30-17:00',
      ],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      'In work hours (mon, fri, sat, sun 08:30–17:00): 10 Mbit/s\nAt other times: no limit\n',
    );
    expect(changes).toEqual([
      {
        bandwidth: {
          workHoursBps: 10_000_000,
          otherBps: null,
          hours: { days: ['mon', 'fri', 'sat', 'sun'], from: '08:30', to: '17:00' },
        },
      },
    ]);
    await cli.run('bandwidth', 'set', '--other', '512k');
    expect(changes[1]).toEqual({ bandwidth: { otherBps: 512_000 } });
  });

  it('refuses limits outside 512 Kbit/s to 1,023 Mbit/s and words it does not know', async () => {
    const tooSlow = await cli.run('bandwidth', 'set', '--work', '511K');
    expect(tooSlow.exitCode).not.toBe(0);
    expect(tooSlow.stderr).toContain('bandwidth.workHoursBps');
    expect((await cli.run('bandwidth', 'set', '--work', '1024M')).exitCode).not.toBe(0);
    expect((await cli.run('bandwidth', 'set', '--work', 'fast')).exitCode).toBe(2);
    expect((await cli.run('bandwidth', 'set', '--days', 'someday')).exitCode).toBe(2);
    expect((await cli.run('bandwidth', 'set', '--hours', '9-18')).exitCode).toBe(2);
    expect(changes).toEqual([]);
  });
});
