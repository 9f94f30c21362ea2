import { errorCatalogue } from '../../contract/error-catalogue.ts';
import type { FutureAttempt, PastAttempt, RetriesReport, RetryState } from '../../contract/retries.ts';
import { isExhausted, projectAttempts, retryStepMinutes } from '../replication/attempts/retry-schedule.ts';
import type { AttemptRecord, Numbered, ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';

const shownPast = 20;
/** The whole ladder, and three of the half-hourly ones after it. */
const halfHourlyShown = 3;

/** The whole retry schedule of a VM, past and future. */
export const retriesReport = (
  { store }: Pick<ConsoleContext, 'store'>,
  record: ProtectionRecord,
  limit = shownPast,
): RetriesReport => {
  const { vmId, name, retry, error } = record;
  const state = stateOf(record);
  return {
    vmId,
    vm: name,
    state,
    attempts: retry?.attempts ?? 0,
    firstFailureAt: retry === null ? null : iso(retry.firstFailureAtMs),
    lastError: error ?? retry?.lastError ?? null,
    action: actionOf(record, state),
    past: store.attempts.list({ vmId, limit }).map(pastAttempt),
    future: retry === null || state !== 'waiting' ? [] : futureAttempts(retry),
  };
};

const stateOf = ({ error, resync, retry, pausedAtMs }: ProtectionRecord): RetryState => {
  if (error !== null || (resync !== null && resync.scope !== 'disks' && retry === null)) return 'stopped';
  if (pausedAtMs !== null) return 'paused';
  return retry === null ? 'working' : 'waiting';
};

const actionOf = ({ error, resync, retry }: ProtectionRecord, state: RetryState): RetriesReport['action'] => {
  switch (state) {
    case 'working':
      return null;
    case 'paused':
      return { text: 'Resume the replication of the VM.', request: 'resume' };
    case 'waiting':
      return retry === null ? null : { text: retry.lastError.nextStep, request: 'retry.now' };
    case 'stopped':
      return error === null && resync !== null
        ? { text: errorCatalogue.RESYNC_REQUIRED.nextStep, request: 'resync' }
        : { text: error?.nextStep ?? '', request: 'retry.now' };
  }
};

const futureAttempts = ({
  attempts,
  firstFailureAtMs,
  nextAttemptAtMs,
}: NonNullable<ProtectionRecord['retry']>): FutureAttempt[] => {
  let count = halfHourlyShown;
  while (!isExhausted(attempts + count - halfHourlyShown)) count += 1;
  return projectAttempts(firstFailureAtMs, attempts, nextAttemptAtMs, count).map((atMs, ahead) => ({
    number: attempts + ahead + 1,
    at: iso(atMs),
    stepMinutes: retryStepMinutes(attempts + ahead),
  }));
};

const pastAttempt = (attempt: Numbered<AttemptRecord>): PastAttempt => {
  const { id, startedAtMs, atMs, what, outcome, error, nextAttemptAtMs } = attempt;
  return {
    id,
    startedAt: startedAtMs === undefined ? null : iso(startedAtMs),
    endedAt: iso(atMs),
    what,
    outcome,
    error,
    nextAttemptAt: nextAttemptAtMs === null ? null : iso(nextAttemptAtMs),
  };
};

const iso = (ms: number): string => new Date(ms).toISOString();
