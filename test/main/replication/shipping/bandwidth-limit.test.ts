import { describe, expect, it } from 'vitest';
import { type BandwidthSettings, defaultBandwidth } from '../../../../src/contract/bandwidth.ts';
import { limitAt } from '../../../../src/main/replication/shipping/bandwidth-limit.ts';

const zone = 'Europe/Amsterdam';
const settings: BandwidthSettings = { ...defaultBandwidth, workHoursBps: 16_000_000, otherBps: null };
const at = (text: string): number => Date.parse(text);

describe('the bandwidth limit of an hour', () => {
  it('is the one for work hours from Monday to Friday, 09:00 to 18:00', () => {
    expect(limitAt(settings, at('2026-03-04T09:00:00+01:00'), zone)).toEqual({
      bps: 16_000_000,
      untilMs: at('2026-03-04T18:00:00+01:00'),
    });
  });

  it('is the other one in the evening and over the weekend', () => {
    expect(limitAt(settings, at('2026-03-06T18:00:00+01:00'), zone)).toEqual({
      bps: null,
      untilMs: at('2026-03-09T09:00:00+01:00'),
    });
  });

  it('is none unless somebody sets one', () => {
    expect(limitAt(defaultBandwidth, at('2026-03-04T12:00:00+01:00'), zone).bps).toBeNull();
  });

  it('never changes where no day is a work day', () => {
    const never = { ...settings, hours: { ...settings.hours, days: [] } };
    expect(limitAt(never, at('2026-03-04T12:00:00+01:00'), zone)).toEqual({ bps: null, untilMs: null });
  });
});
