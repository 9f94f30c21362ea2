import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatPercent, formatTime } from '../../src/renderer/format.ts';

describe('figures on the page', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.00 KB'],
    [412 * 2 ** 20, '412 MB'],
    [63.5 * 2 ** 30, '63.5 GB'],
    [2 ** 40, '1.00 TB'],
    [64 * 2 ** 50, '64.0 PB'],
  ])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0 s'],
    [0.2, '< 1 s'],
    [119, '119 s'],
    [3120, '52 min'],
    [7199, '2 h'],
    [12_000, '3 h 20 min'],
    [4 * 86_400, '4 d'],
  ])('%d seconds read %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.001, '< 1 %'],
    [0.5, '50 %'],
    [0.9999, '99 %'],
    [1, '100 %'],
  ])('the share %d reads %s', (fraction, text) => expect(formatPercent(fraction)).toBe(text));

  it('gives the date of a time that is not today’s', () => {
    const now = Date.now();
    const today = formatTime(new Date(now).toISOString(), now);
    const before = formatTime(new Date(now - 2 * 86_400_000).toISOString(), now);
    expect(before.length).toBeGreaterThan(today.length);
  });
});
