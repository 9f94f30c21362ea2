import { describe, expect, it } from 'vitest';
import type { PastAttempt, RetriesReport } from '../../src/contract/retries.ts';
import { trackOf } from '../../src/renderer/views/vm/retry-track.ts';

const start = Date.parse('2026-03-04T13:40:00.000Z');
const iso = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

const attempt = (id: number, at: number, next: number | null): PastAttempt => ({
  id,
  startedAt: iso(at),
  endedAt: iso(at),
  what: 'cycle',
  outcome: next === null ? 'succeeded' : 'failed',
  error: null,
  nextAttemptAt: next === null ? null : iso(next),
});

const report = (part: Partial<RetriesReport>): RetriesReport => ({
  vmId: 'v',
  vm: 'WEB01',
  state: 'waiting',
  attempts: 0,
  firstFailureAt: iso(0),
  lastError: null,
  action: null,
  past: [],
  future: [],
  ...part,
});

describe('the retry timeline', () => {
  it('has the failures in a row with their steps, then the attempts to come', () => {
    const track = trackOf(
      report({
        past: [attempt(1, -5, null), attempt(2, 0, 1), attempt(3, 1, 3), attempt(4, 3, 7)],
        future: [
          { number: 4, at: iso(7), stepMinutes: 4 },
          { number: 5, at: iso(15), stepMinutes: 8 },
        ],
      }),
    );
    expect(track.map(({ kind, stepMinutes }) => [kind, stepMinutes])).toEqual([
      ['failed', null],
      ['failed', 1],
      ['failed', 2],
      ['next', 4],
      ['later', 8],
    ]);
  });

  it('does not claim a step for an attempt that somebody asked for', () => {
    const track = trackOf(report({ past: [attempt(1, 0, 8), attempt(2, 3, 11)] }));
    expect(track.map(({ stepMinutes }) => stepMinutes)).toEqual([null, null]);
  });

  it('keeps the newest failures and their first step', () => {
    const past = Array.from({ length: 9 }, (_, index) => attempt(index, index * 30, (index + 1) * 30));
    const track = trackOf(report({ past }));
    expect(track).toHaveLength(6);
    expect(track[0]?.stepMinutes).toBe(30);
  });

  it('is empty while nothing is retried', () => {
    expect(trackOf(report({ state: 'working', past: [attempt(1, 0, 1), attempt(2, 1, null)] }))).toEqual([]);
  });
});
