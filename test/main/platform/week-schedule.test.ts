import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { WeekHours } from '../../../src/contract/week-hours.ts';
import { weekdays } from '../../../src/contract/weekdays.ts';
import { isOpen, nextClosing, nextOpening } from '../../../src/main/platform/week-schedule.ts';

const hourMs = 3_600_000;
const zones = ['Europe/Amsterdam', 'America/New_York', 'Australia/Lord_Howe'] as const;
const every = [...weekdays];
const nights: WeekHours = { days: every, from: '18:30', to: '06:00' };

const inZone = (zone: string) => ({
  at: (iso: string) => DateTime.fromISO(iso, { zone }).toMillis(),
  iso: (ms: number | null) =>
    ms === null ? null : DateTime.fromMillis(ms, { zone }).toISO({ suppressMilliseconds: true }),
});

describe('hours of the week', () => {
  const { at, iso } = inZone('Europe/Amsterdam');

  it.each([
    ['2026-11-18T18:29:59.999', false],
    ['2026-11-18T18:30:00', true],
    ['2026-11-18T23:59:59', true],
    ['2026-11-19T00:00:00', true],
    ['2026-11-19T05:59:59.999', true],
    ['2026-11-19T06:00:00', false],
    ['2026-11-19T12:00:00', false],
  ])('that span midnight are at %s open: %s', (moment, open) => {
    expect(isOpen(nights, at(moment), 'Europe/Amsterdam')).toBe(open);
  });

  it('belong to the day on which they begin', () => {
    const fridayNight: WeekHours = { days: ['fri'], from: '22:00', to: '04:00' };
    const open = (moment: string) => isOpen(fridayNight, at(moment), 'Europe/Amsterdam');
    expect(open('2026-11-20T03:00')).toBe(false);
    expect(open('2026-11-20T23:00')).toBe(true);
    expect(open('2026-11-21T03:59')).toBe(true);
    expect(open('2026-11-21T23:00')).toBe(false);
    expect(iso(nextOpening(fridayNight, at('2026-11-20T23:00'), 'Europe/Amsterdam'))).toBe(
      '2026-11-27T22:00:00+01:00',
    );
  });

  it('that are whole days in a row are one span', () => {
    const weekend: WeekHours = { days: ['sat', 'sun'], from: '00:00', to: '00:00' };
    const saturday = at('2026-11-21T12:00');
    expect(iso(nextClosing(weekend, saturday, 'Europe/Amsterdam'))).toBe('2026-11-23T00:00:00+01:00');
    expect(iso(nextOpening(weekend, saturday, 'Europe/Amsterdam'))).toBe('2026-11-28T00:00:00+01:00');
  });

  it('on all days and whole never open nor close', () => {
    const always: WeekHours = { days: every, from: '07:00', to: '07:00' };
    const moment = at('2026-03-28T12:00');
    expect(isOpen(always, moment, 'Europe/Amsterdam')).toBe(true);
    expect(nextOpening(always, moment, 'Europe/Amsterdam')).toBeNull();
    expect(nextClosing(always, moment, 'Europe/Amsterdam')).toBeNull();
  });

  it('on no day never open', () => {
    const never: WeekHours = { days: [], from: '07:00', to: '19:00' };
    const moment = at('2026-11-18T12:00');
    expect(isOpen(never, moment, 'Europe/Amsterdam')).toBe(false);
    expect(nextOpening(never, moment, 'Europe/Amsterdam')).toBeNull();
    expect(nextClosing(never, moment, 'Europe/Amsterdam')).toBeNull();
  });

  it('are those of the machine where no zone is named', () => {
    const noon = new Date(2026, 10, 18, 12, 0).getTime();
    expect(isOpen(nights, noon)).toBe(false);
    expect(nextOpening(nights, noon)).toBe(new Date(2026, 10, 18, 18, 30).getTime());
    expect(nextClosing(nights, noon)).toBe(new Date(2026, 10, 19, 6, 0).getTime());
  });
});

/** Where the clock is put forward (02:00 → 03:00, at Lord Howe 02:00 → 02:30) and back, in each zone. */
describe.each([
  ['Europe/Amsterdam', '2026-03-28', '2026-10-24', 1, '03:00', '+02:00', '+01:00'],
  ['America/New_York', '2026-03-07', '2026-10-31', 1, '03:00', '-04:00', '-05:00'],
  ['Australia/Lord_Howe', '2026-10-03', '2026-04-04', 0.5, '02:30', '+11:00', '+10:30'],
] as const)('in %s', (zone, springSaturday, autumnSaturday, shiftHours, afterSkip, summer, winter) => {
  const { at, iso } = inZone(zone);
  const lengthHours = (hours: WeekHours, noon: string) => {
    const opening = nextOpening(hours, at(`${noon}T12:00`), zone)!;
    return (nextClosing(hours, opening, zone)! - opening) / hourMs;
  };
  const sundayOf = (saturday: string) =>
    DateTime.fromISO(saturday, { zone }).plus({ days: 1 }).toISODate() ?? '';

  it('a night is shorter when the clock is put forward, longer when it is put back', () => {
    expect(lengthHours(nights, springSaturday)).toBe(11.5 - shiftHours);
    expect(lengthHours(nights, autumnSaturday)).toBe(11.5 + shiftHours);
    const opening = nextOpening(nights, at(`${springSaturday}T12:00`), zone);
    expect(iso(opening)).toBe(`${springSaturday}T18:30:00${winter}`);
    expect(iso(nextClosing(nights, opening!, zone))).toBe(`${sundayOf(springSaturday)}T06:00:00${summer}`);
    expect(iso(nextClosing(nights, at(`${autumnSaturday}T20:00`), zone))).toBe(
      `${sundayOf(autumnSaturday)}T06:00:00${winter}`,
    );
  });

  it('what begins or ends in the skipped time does so when it is skipped', () => {
    const noon = at(`${springSaturday}T12:00`);
    const skip = `${sundayOf(springSaturday)}T${afterSkip}:00${summer}`;
    const begins: WeekHours = { days: ['sun'], from: '02:15', to: '06:00' };
    const ends: WeekHours = { days: ['sat'], from: '22:00', to: '02:15' };
    expect(iso(nextOpening(begins, noon, zone))).toBe(skip);
    expect(iso(nextClosing(ends, noon, zone))).toBe(skip);
  });

  it('what lies in the skipped time takes place a week later', () => {
    const inside: WeekHours = { days: ['sun'], from: '02:05', to: '02:20' };
    const opening = nextOpening(inside, at(`${springSaturday}T12:00`), zone);
    const weekLater = DateTime.fromISO(springSaturday, { zone }).plus({ days: 8 }).toISODate();
    expect(iso(opening)).toBe(`${weekLater}T02:05:00${summer}`);
  });

  it('what the clock shows twice counts from the first to the last', () => {
    // 01:40 is shown twice in New York and at Lord Howe, 02:40 in Amsterdam.
    const hour = zone === 'Europe/Amsterdam' ? '02' : '01';
    const sunday = sundayOf(autumnSaturday);
    const twice: WeekHours = { days: ['sun'], from: `${hour}:35`, to: `${hour}:50` };
    const opening = nextOpening(twice, at(`${autumnSaturday}T12:00`), zone);
    expect(iso(opening)).toBe(`${sunday}T${hour}:35:00${summer}`);
    expect(iso(nextClosing(twice, opening!, zone))).toBe(`${sunday}T${hour}:50:00${winter}`);
  });
});

const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
const timeOf = (value: number) =>
  `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
const anyHours = fc
  .record({ days: fc.uniqueArray(fc.constantFrom(...weekdays)), from: minute, to: minute })
  .map(({ days, from, to }): WeekHours => ({ days, from: timeOf(from), to: timeOf(to) }));
/** Of 2026: any moment, and often one within two days of a change of the clock in one of the zones. */
const changes = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'];
const anyMoment = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1) / 60_000, max: Date.UTC(2026, 11, 31) / 60_000 }),
  fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -2_880, max: 2_880 }))
    .map(([day, offset]) => Date.parse(`${day}T02:00:00Z`) / 60_000 + offset),
);

/** What a wall clock says, by the definition of the hours, with no thought for its changes. */
const clockSaysOpen = ({ days, from, to }: WeekHours, ms: number, zone: string): boolean => {
  const wall = DateTime.fromMillis(ms, { zone });
  const time = wall.toFormat('HH:mm');
  const beginsOn = (weekday: number) => days.includes(weekdays[(weekday - 1 + 7) % 7]!);
  if (to > from) return beginsOn(wall.weekday) && time >= from && time < to;
  return (beginsOn(wall.weekday) && time >= from) || (beginsOn(wall.weekday - 1) && time < to);
};

const isPutBackNear = (ms: number, zone: string) =>
  DateTime.fromMillis(ms - 2 * hourMs, { zone }).offset >
  DateTime.fromMillis(ms + 2 * hourMs, { zone }).offset;

describe('at any moment', () => {
  it('hours are open when the clock says so, and else only where it was put back', () => {
    fc.assert(
      fc.property(anyHours, anyMoment, fc.constantFrom(...zones), (hours, minutes, zone) => {
        const ms = minutes * 60_000;
        const open = isOpen(hours, ms, zone);
        const said = clockSaysOpen(hours, ms, zone);
        expect(open || !said).toBe(true);
        if (open && !said) expect(isPutBackNear(ms, zone)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('nothing opens or closes before the next time it does', () => {
    fc.assert(
      fc.property(anyHours, anyMoment, fc.constantFrom(...zones), (hours, minutes, zone) => {
        const ms = minutes * 60_000;
        const opening = nextOpening(hours, ms, zone);
        const closing = nextClosing(hours, ms, zone);
        if (opening !== null) {
          expect([isOpen(hours, opening - 1, zone), isOpen(hours, opening, zone)]).toEqual([false, true]);
        }
        if (closing !== null) {
          expect([isOpen(hours, closing - 1, zone), isOpen(hours, closing, zone)]).toEqual([true, false]);
        }
        const untilMs = Math.min(opening ?? ms + 14 * 24 * hourMs, closing ?? ms + 14 * 24 * hourMs);
        const now = isOpen(hours, ms, zone);
        for (let step = 0; step < 20; step += 1) {
          const between = ms + Math.floor(((untilMs - ms) * step) / 20);
          expect(isOpen(hours, between, zone)).toBe(now);
        }
      }),
      { numRuns: 500 },
    );
  });
});
