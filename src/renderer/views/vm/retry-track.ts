import type { FutureAttempt, PastAttempt, RetriesReport } from '../../../contract/retries.ts';

/** Failures shown before the next attempt; the table has the others. */
const shownFailures = 6;
/** An attempt this near to its planned time came by itself, not by hand. */
const punctualMs = 30_000;

/** A moment of the retry timeline, with its step on the ladder: minutes after the one before it, null when off it. */
export type TrackNode =
  | { readonly kind: 'failed'; readonly attempt: PastAttempt; readonly stepMinutes: number | null }
  | { readonly kind: 'next' | 'later'; readonly attempt: FutureAttempt; readonly stepMinutes: number };

const stepAfter = (before: PastAttempt | undefined, attempt: PastAttempt): number | null => {
  if (before?.nextAttemptAt == null) return null;
  const plannedMs = Date.parse(before.nextAttemptAt);
  const beganMs = Date.parse(attempt.startedAt ?? attempt.endedAt);
  if (Math.abs(beganMs - plannedMs) > punctualMs) return null;
  return Math.round((plannedMs - Date.parse(before.endedAt)) / 60_000);
};

/** The failures in a row up to now and the attempts to come; nothing while nothing is retried. */
export const trackOf = ({ state, past, future }: RetriesReport): readonly TrackNode[] => {
  if (state === 'working') return [];
  const lastGood = past.findLastIndex(({ outcome }) => outcome === 'succeeded');
  const failures = past.slice(lastGood + 1).filter(({ outcome }) => outcome === 'failed');
  const shown = failures.slice(-shownFailures);
  const earlier = failures.at(-shownFailures - 1);
  return [
    ...shown.map(
      (attempt, index): TrackNode => ({
        kind: 'failed',
        attempt,
        stepMinutes: stepAfter(index === 0 ? earlier : shown[index - 1], attempt),
      }),
    ),
    ...future.map(
      (attempt, index): TrackNode => ({
        kind: index === 0 ? 'next' : 'later',
        attempt,
        stepMinutes: attempt.stepMinutes,
      }),
    ),
  ];
};
