import type { ProtectionRecord } from '../../store/records.ts';

/**
 * When a recoverable failure is tried again (replication-rules.md, Retry): 1, 2, 4, 8 and 10 minutes apart, counted from
 * the start of the first attempt, then every 30 minutes. A success starts over.
 */
export const retryStepsMinutes = [1, 2, 4, 8, 10] as const;
export const retryRepeatMinutes = 30;

const minuteMs = 60_000;

/** The step before attempt `attempt` + 1, in minutes; attempts count from 1. */
export const retryStepMinutes = (attempt: number): number =>
  retryStepsMinutes[attempt - 1] ?? retryRepeatMinutes;

const stepMsAfter = (attempt: number): number => retryStepMinutes(attempt) * minuteMs;

export const longestStepMs = retryRepeatMinutes * minuteMs;

/**
 * The moment of the next attempt after `attempts` failures, the first of which began at `firstFailureAtMs`.
 * Slots that a long attempt has overrun are skipped, never made up for. It is never further away than its own step,
 * whatever the clock did since the first failure and however often a person tried in between.
 */
export const nextAttemptAtMs = (firstFailureAtMs: number, attempts: number, nowMs: number): number => {
  let at = firstFailureAtMs;
  let stepMs = 0;
  for (let attempt = 1; attempt <= attempts || at <= nowMs; attempt += 1) {
    stepMs = stepMsAfter(attempt);
    at += stepMs;
  }
  return Math.min(at, nowMs + stepMs);
};

/**
 * A moment that was scheduled at most `longestMs` ahead; one that is further away was set before the clock went back, and
 * is due now.
 */
export const plausibleMoment = (atMs: number, nowMs: number, longestMs: number): number =>
  atMs - nowMs > longestMs ? nowMs : atMs;

/** When a VM's retry comes; now, if the clock went back since it was scheduled; null when there is none. */
export const retryMoment = ({ retry }: Pick<ProtectionRecord, 'retry'>, nowMs: number): number | null =>
  retry === null
    ? null
    : plausibleMoment(
        retry.nextAttemptAtMs,
        nowMs,
        Math.max(longestStepMs, retry.lastError.retryAfterMs ?? 0),
      );

/** The moments that follow a failure if every attempt fails at once: `attempts` counts the failures so far. */
export const projectAttempts = (
  firstFailureAtMs: number,
  attempts: number,
  nextAtMs: number,
  count: number,
): number[] => {
  const moments = [nextAtMs];
  for (let ahead = 1; ahead < count; ahead += 1)
    moments.push(nextAttemptAtMs(firstFailureAtMs, attempts + ahead, moments[ahead - 1] ?? nextAtMs));
  return moments;
};

/** Whether the ladder has been climbed: from here on an attempt comes every 30 minutes only. */
export const isExhausted = (attempts: number): boolean => attempts > retryStepsMinutes.length;

/** What changes when a person does not want to wait for the next attempt, at whatever it is; the count of failures stays. */
export const retriedNow = (
  { retry, resync }: Pick<ProtectionRecord, 'retry' | 'resync'>,
  nowMs: number,
): Pick<ProtectionRecord, 'retry' | 'resync' | 'nextCycleAtMs'> => ({
  retry: retry === null ? null : { ...retry, nextAttemptAtMs: nowMs },
  resync:
    resync?.retry === undefined ? resync : { ...resync, retry: { ...resync.retry, nextAttemptAtMs: nowMs } },
  nextCycleAtMs: nowMs,
});
