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

/**
 * The moment of the next attempt after `attempts` failures, the first of which began at `firstFailureAtMs`.
 * Slots that a long attempt has overrun are skipped, never made up for.
 */
export const nextAttemptAtMs = (firstFailureAtMs: number, attempts: number, nowMs: number): number => {
  let at = firstFailureAtMs;
  for (let attempt = 1; attempt <= attempts || at <= nowMs; attempt += 1)
    at += retryStepMinutes(attempt) * minuteMs;
  return at;
};

/** Whether the ladder has been climbed: from here on an attempt comes every 30 minutes only. */
export const isExhausted = (attempts: number): boolean => attempts > retryStepsMinutes.length;
