import { describe, expect, it } from 'vitest';
import {
  formatFraction,
  formatMs,
  formatSeconds,
  formatTime,
  withoutControls,
} from '../../../src/main/cli/format.ts';
import { formatFields, formatTable, right } from '../../../src/main/cli/table.ts';

describe('a duration', () => {
  it.each([
    [0, '0 seconds'],
    [1, '1 second'],
    [60, '1 minute'],
    [303, '5 minutes 3 seconds'],
    [7_500, '2 hours 5 minutes'],
    [3_601, '1 hour'],
    [86_400 * 3 + 4 * 3_600, '3 days 4 hours'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('below a minute shows its tenths, below a second its milliseconds', () => {
    expect(formatMs(180)).toBe('180 ms');
    expect(formatMs(1_560)).toBe('1.5 seconds');
    expect(formatMs(61_000)).toBe('1 minute 1 second');
  });
});

describe('a time', () => {
  const at = new Date(2026, 10, 20, 9, 5, 3).getTime();
  it('of today is the clock alone, else with its date', () => {
    expect(formatTime(at, at + 60_000)).toBe('09:05:03');
    expect(formatTime(at, at + 86_400_000)).toBe('2026-11-20 09:05:03');
  });
});

it('100 % is said only of what is complete', () => {
  expect(formatFraction(0.9999)).toBe('99 %');
  expect(formatFraction(1)).toBe('100 %');
});

it('a name cannot send commands to the terminal', () => {
  expect(withoutControls('\u001b[2Jevil\u202egpj\ttab\n')).toBe('\ufffd[2Jevil\ufffdgpj\ttab\n');
});

describe('a table', () => {
  it('rules off its heading, aligns numbers to the right and shows what is missing as a dash', () => {
    expect(
      formatTable(
        ['VM', right('Size')],
        [
          ['WEB01', '96.0 MB'],
          ['Büro', null],
        ],
      ),
    ).toBe(['VM        Size', '-----  -------', 'WEB01  96.0 MB', 'Büro         -'].join('\n'));
  });

  it('of fields leaves out those without a value', () => {
    expect(
      formatFields([
        ['Name', 'WEB01'],
        ['Vault', null],
        ['Generation', 2],
      ]),
    ).toBe('Name        WEB01\nGeneration  2');
  });
});
