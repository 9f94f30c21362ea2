import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertFamilies, alertLadders } from '../../../src/contract/alerts.ts';
import type { AlertState } from '../../../src/main/alerts/alert-state.ts';
import { dueDigest, type TellingRules } from '../../../src/main/alerts/due-digest.ts';
import { type AlertMeasure, observeAlerts } from '../../../src/main/alerts/observe-alerts.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const rules: TellingRules = {
  digestMs: minuteMs,
  quietMs: 4 * hourMs,
  repeat: true,
  holdBack: 'nothing',
};

const measure = (rung: number | null, more: Partial<AlertMeasure> = {}): AlertMeasure => ({
  group: 'rpo:1',
  family: 'rpo',
  vmId: '1',
  vm: 'WEB01',
  disk: null,
  rung,
  text: `rung ${rung}`,
  ...more,
});

/** Alerts over time: each look gives what is told at that minute. */
class Watch {
  state: AlertState = [];
  nowMs = 10 * 24 * hourMs;
  rules = rules;

  look(measures: readonly AlertMeasure[], uncertain: readonly AlertMeasure['family'][] = []): string[] {
    this.state = observeAlerts(this.state, { measures, uncertain }, this.nowMs, this.rules.quietMs);
    const digest = dueDigest(this.state, this.nowMs, this.rules);
    if (digest !== null) this.state = digest.state;
    return (digest?.items ?? []).map(({ kind, cause }) => `${kind} ${cause}`);
  }

  /** Looks each half minute, and says what was told. */
  during(ms: number, ...measures: readonly AlertMeasure[]): string[] {
    const told: string[] = [];
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += 30_000)
      told.push(...this.look(measures));
    return told;
  }
}

describe('alerts over time', () => {
  it('are told once, a digest window after they began, and again when they are over', () => {
    const watch = new Watch();
    expect(watch.during(minuteMs, measure(1))).toEqual([]);
    expect(watch.during(hourMs, measure(1))).toEqual(['raised rpoHalf']);
    expect(watch.during(hourMs, measure(0))).toEqual(['cleared rpoHalf']);
    expect(watch.during(24 * hourMs, measure(0))).toEqual([]);
    expect(watch.state).toEqual([]);
  });

  it('are told by the gravest cause of a thing, and by the mildest when it is well', () => {
    const watch = new Watch();
    expect(watch.during(hourMs, measure(1))).toEqual(['raised rpoHalf']);
    expect(watch.during(hourMs, measure(2))).toEqual(['raised rpoLimit']);
    expect(watch.during(hourMs, measure(1))).toEqual(['cleared rpoLimit']);
    expect(watch.during(hourMs, measure(0))).toEqual(['cleared rpoHalf']);
    const other = new Watch();
    expect(other.during(hourMs, measure(2))).toEqual(['raised rpoLimit']);
    expect(other.during(hourMs, measure(0))).toEqual(['cleared rpoHalf']);
  });

  it('of the same minute come in one message, the gravest first', () => {
    const watch = new Watch();
    const second = measure(2, { group: 'rpo:2', vm: 'SQL01' });
    watch.look([measure(1)]);
    watch.nowMs += 30_000;
    watch.look([measure(1), second]);
    watch.nowMs += 30_000;
    expect(watch.look([measure(1), second])).toEqual(['raised rpoLimit', 'raised rpoHalf']);
  });

  it('are not told when they came and went within the digest window', () => {
    const watch = new Watch();
    watch.look([measure(1)]);
    expect(watch.during(hourMs, measure(0))).toEqual([]);
  });

  it('that last are told again each quiet time, or never', () => {
    const watch = new Watch();
    const told = watch.during(12 * hourMs + 5 * minuteMs, measure(1));
    expect(told).toEqual(['raised rpoHalf', 'reminder rpoHalf', 'reminder rpoHalf', 'reminder rpoHalf']);
    const once = new Watch();
    once.rules = { ...rules, repeat: false };
    expect(once.during(48 * hourMs, measure(1))).toEqual(['raised rpoHalf']);
  });

  it('that come and go all the time become one that lasts', () => {
    const watch = new Watch();
    const told: string[] = [];
    for (let turn = 0; turn < 12 * 12; turn += 1) {
      told.push(...watch.during(2 * minuteMs, measure(1)), ...watch.during(3 * minuteMs, measure(0)));
    }
    // Twelve hours of a cause that flaps every five minutes: two alerts, two reminders.
    expect(told).toEqual([
      'raised rpoHalf',
      'cleared rpoHalf',
      'raised rpoHalf',
      'reminder rpoHalf',
      'reminder rpoHalf',
    ]);
  });

  it('are neither raised nor over while it cannot be told how something stands', () => {
    const watch = new Watch();
    watch.during(hourMs, measure(1));
    expect(watch.during(hourMs, measure(null))).toEqual([]);
    expect(watch.look([], ['rpo'])).toEqual([]);
    expect(watch.state.filter(({ active }) => active)).toHaveLength(1);
  });

  it('are over when nobody watches the thing any more', () => {
    const watch = new Watch();
    watch.during(hourMs, measure(2));
    expect(watch.during(5 * minuteMs)).toEqual(['cleared rpoHalf']);
    expect(watch.state.every(({ text }) => text === 'WEB01 is not protected any more.')).toBe(true);
  });

  it('wait for the end of the quiet hours, critical ones only if so wished', () => {
    const watch = new Watch();
    watch.rules = { ...rules, holdBack: 'warnings' };
    const second = measure(2, { group: 'rpo:2', vm: 'SQL01' });
    expect(watch.during(hourMs, measure(1), second)).toEqual(['raised rpoLimit']);
    watch.rules = { ...rules, holdBack: 'everything' };
    expect(watch.during(hourMs, measure(2), second)).toEqual([]);
    watch.rules = rules;
    expect(watch.during(hourMs, measure(2), second)).toContain('raised rpoLimit');
  });

  it('are neither repeated nor held up by a clock that is set back', () => {
    const watch = new Watch();
    watch.during(hourMs, measure(1));
    watch.nowMs -= 3 * 24 * hourMs;
    expect(watch.during(hourMs, measure(1))).toEqual([]);
    expect(watch.during(hourMs, measure(0))).toEqual(['cleared rpoHalf']);
  });
});

const things = alertFamilies.flatMap((family) => [`${family}:1`, `${family}:2`]);
const familyOf = (group: string) => alertFamilies.find((family) => group.startsWith(`${family}:`))!;

const step = fc.record({
  waitMs: fc.oneof(
    fc.integer({ min: 0, max: 5 * minuteMs }),
    fc.integer({ min: 0, max: 12 * hourMs }),
    fc.integer({ min: -3 * hourMs, max: 0 }),
  ),
  rungs: fc.array(fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }), {
    minLength: things.length,
    maxLength: things.length,
  }),
  gone: fc.subarray(things),
  uncertain: fc.subarray([...alertFamilies]),
  holdBack: fc.constantFrom('nothing', 'nothing', 'warnings', 'everything'),
});

describe('whatever happens', () => {
  it('no cause is told twice without its end or a quiet time between, and no end without its beginning', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, repeat) => {
        let state: AlertState = [];
        let nowMs = 100 * 24 * hourMs;
        const believed = new Map<string, { raised: boolean; atMs: number }>();
        for (const { waitMs, rungs, gone, uncertain, holdBack } of steps) {
          nowMs += waitMs;
          // A clock that is set back makes what was told as young as it can be.
          for (const each of believed.values()) each.atMs = Math.min(each.atMs, nowMs);
          const measures = things.flatMap((group, at) => {
            const family = familyOf(group);
            const rung = rungs[at] ?? null;
            const most = alertLadders[family].length;
            const known = rung === null ? null : Math.min(rung, most);
            return gone.includes(group) ? [] : [measure(known, { group, family, vmId: group })];
          });
          state = observeAlerts(state, { measures, uncertain }, nowMs, rules.quietMs);
          const before = state;
          const digest = dueDigest(state, nowMs, { ...rules, repeat, holdBack: holdBack as 'nothing' });
          if (digest === null) continue;
          state = digest.state;
          expect(digest.items.length).toBeGreaterThan(0);
          for (const [at, record] of state.entries()) {
            if (record === before[at]) continue;
            const key = `${record.group} ${record.cause}`;
            const last = believed.get(key);
            if (record.told === 'cleared') expect(last?.raised, key).toBe(true);
            else if (last?.raised) {
              expect(repeat, key).toBe(true);
              expect(nowMs - last.atMs, key).toBeGreaterThanOrEqual(rules.quietMs);
            }
            believed.set(key, { raised: record.told === 'raised', atMs: nowMs });
          }
          // One line for each thing and direction.
          const lines = digest.items.map(({ kind, vmId }) => `${kind === 'cleared'} ${vmId}`);
          expect(new Set(lines).size).toBe(lines.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('what is said in the end is how it stands', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 3 })),
        (steps, last) => {
          let state: AlertState = [];
          let nowMs = 100 * 24 * hourMs;
          const look = (rungs: readonly (number | null)[]) => {
            const measures = things.map((group, at) => {
              const family = familyOf(group);
              const rung = rungs[at] ?? 0;
              return measure(Math.min(rung, alertLadders[family].length), { group, family });
            });
            state = observeAlerts(state, { measures, uncertain: [] }, nowMs, rules.quietMs);
            state = dueDigest(state, nowMs, rules)?.state ?? state;
          };
          for (const { waitMs, rungs } of steps) {
            nowMs += Math.abs(waitMs);
            look(rungs);
          }
          for (let minute = 0; minute < 5 * 60; minute += 1) {
            nowMs += minuteMs;
            look(last);
          }
          for (const [at, group] of things.entries()) {
            const ladder = alertLadders[familyOf(group)];
            const told = state.filter((record) => record.group === group && record.told === 'raised');
            expect(told.length, group).toBe(Math.min(last[at] ?? 0, ladder.length));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
