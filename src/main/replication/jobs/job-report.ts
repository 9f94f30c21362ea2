import type { WaitText } from '../../../contract/engine-phrases.ts';
import { isEnded, type JobReport, type JobStep, jobRights } from '../../../contract/job-reports.ts';
import type { JobRecord } from '../../store/records.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export const jobReport = (id: number, record: JobRecord): JobReport => ({
  id,
  kind: record.kind,
  vmId: record.vmId,
  vm: record.vm,
  state: record.state,
  blockedOn: blockedOn(record),
  canCancel: jobRights[record.kind].cancel && !isEnded(record.state) && record.state !== 'cancelling',
  canRestart: canRestart(record),
  steps: record.steps,
  startedAt: new Date(record.startedAtMs).toISOString(),
  endedAt: iso(record.endedAtMs),
  percent: record.percent,
  error: record.error,
  nextAttemptAt: iso(record.nextAttemptAtMs),
  result: record.result,
});

/** Kinds that need nothing beside the VM to be done again. */
const needNoInput = new Set<JobRecord['kind']>(['initial', 'finalize', 'cycle', 'resync', 'verify']);

/** Jobs of older versions do not know what was asked for. */
const canRestart = ({ kind, state, input }: JobRecord): boolean =>
  (state === 'failed' || state === 'cancelled') &&
  jobRights[kind].restart &&
  (input !== undefined || needNoInput.has(kind));

const blockedOn = (record: JobRecord): string | null => {
  switch (record.state) {
    case 'queued':
      return record.blockedOn ?? ('Waits for its turn.' satisfies WaitText);
    case 'waitingForRetry':
      return record.error === null
        ? null
        : (`Waits for the next attempt: ${record.error.message}` satisfies WaitText);
    case 'waitingForWindow':
      return record.blockedOn ?? ('Waits for its time window.' satisfies WaitText);
    case 'waitingForInput':
      return record.error === null
        ? null
        : (`Waits for somebody to act: ${record.error.nextStep}` satisfies WaitText);
    case 'paused':
      return record.blockedOn ?? ('Replication of the VM is paused.' satisfies WaitText);
    default:
      return null;
  }
};

/** How far the steps are together, by their weights. 100 is what a job says at its end, not its last step. */
export const percentOf = (steps: readonly JobStep[]): number => {
  const weight = steps.reduce((sum, step) => sum + (step.weight ?? 1), 0);
  const done = steps.reduce((sum, step) => sum + (step.weight ?? 1) * doneOf(step), 0);
  return weight === 0 ? 0 : Math.min(99, Math.floor(done / weight));
};

const doneOf = ({ state, percent }: JobStep): number =>
  state === 'succeeded' || state === 'skipped' ? 100 : (percent ?? 0);
