import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { defaultSettings } from '../../../../src/contract/settings.ts';
import {
  holdUntilMs,
  isWindowOver,
  type ResyncWindow,
  resyncTime,
} from '../../../../src/main/replication/resync/resync-schedule.ts';
import { protectionRecord } from '../../../support/records.ts';

const window = defaultSettings.resyncWindow;
const off: ResyncWindow = { ...window, enabled: false };
const always: ResyncWindow = { ...window, hours: { ...window.hours, from: '00:00', to: '00:00' } };
const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);
const report = new ReplicationError('VAULT_UNREACHABLE', 'away').toReport();
const retryAt = (nextAttemptAtMs: number) => ({
  attempts: 1,
  firstFailureAtMs: 0,
  nextAttemptAtMs,
  lastError: report,
});
const mark = { code: 'HRL_THRESHOLD' as const, message: 'too much', sinceMs: 1 };
const marked = (change: object = {}, vm: Parameters<typeof protectionRecord>[0] = {}) =>
  protectionRecord({ resync: { ...mark, ...change }, ...vm });
const noon = at('20T12:00');
const evening = at('20T18:30');
const night = at('20T23:00');
const morning = at('21T06:00');

describe('a marked VM is resynchronized', () => {
  it.each([
    ['in the window that comes', marked(), noon, window, evening, 'window'],
    ['at once while the window is open', marked(), night, window, night, 'retry'],
    ['by a person only when the window is off', marked(), night, off, null, 'person'],
    ['at once when a person asks', marked({ askedAtMs: 5 }), noon, window, noon, 'retry'],
    ['at once when a person asks, window or none', marked({ askedAtMs: 5 }), noon, off, noon, 'retry'],
    ['after a pause only', marked({ askedAtMs: 5 }, { pausedAtMs: 1 }), night, window, null, 'resume'],
    ['by a person only after an error', marked({}, { error: report }), night, window, null, 'person'],
    ['at its retry', marked({}, { retry: retryAt(night + 60_000) }), night, window, night + 60_000, 'retry'],
    [
      'in the next window when its retry comes after this one',
      marked({}, { retry: retryAt(morning + 60_000) }),
      morning - 60_000,
      window,
      at('21T18:30'),
      'window',
    ],
    [
      'not in a window it was cancelled in',
      marked({ holdUntilMs: morning }),
      night,
      window,
      at('21T18:30'),
      'window',
    ],
    [
      'by a person only when cancelled and the window never ends',
      marked({ holdUntilMs: null }),
      night,
      always,
      null,
      'person',
    ],
    [
      'at once when asked for after all',
      marked({ holdUntilMs: morning, askedAtMs: 9 }),
      night,
      window,
      night,
      'retry',
    ],
  ] as const)('%s', (_case, vm, nowMs, hours, atMs, waitsFor) => {
    expect(resyncTime(vm, nowMs, hours, 'UTC')).toEqual({ atMs, waitsFor });
  });
});

describe('a cancelled resynchronization is left alone', () => {
  it('to the end of the window, of the next one outside it, and for good where none ends', () => {
    expect(holdUntilMs(window, night, 'UTC')).toBe(morning);
    expect(holdUntilMs(window, noon, 'UTC')).toBe(morning);
    expect(holdUntilMs(always, noon, 'UTC')).toBeNull();
  });
});

describe('a resynchronization of the window', () => {
  it('ends with it, and when it is switched off, unless the policy says finish', () => {
    expect(isWindowOver(window, night, 'UTC')).toBe(false);
    expect(isWindowOver(window, morning, 'UTC')).toBe(true);
    expect(isWindowOver(off, night, 'UTC')).toBe(true);
    expect(isWindowOver({ ...window, atEnd: 'finish' }, morning, 'UTC')).toBe(false);
  });
});
