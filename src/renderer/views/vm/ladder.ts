import type { RetryStatus } from '../../../contract/reports.ts';

/** Minutes between attempts after a failure; the last one is repeated (replication rules, Retry). */
const stepsMinutes = [1, 2, 4, 8, 10, 30] as const;

export interface LadderStep {
  readonly minutes: number;
  readonly state: 'failed' | 'next' | 'later';
  readonly repeats: boolean;
}

/** The ladder of retries with how far it was climbed: `attempts` failures, then the step that is waited for. */
export const ladderOf = ({ attempts }: Pick<RetryStatus, 'attempts'>): readonly LadderStep[] => {
  const next = Math.min(attempts - 1, stepsMinutes.length - 1);
  return stepsMinutes.map((minutes, index) => ({
    minutes,
    state: index < next ? 'failed' : index === next ? 'next' : 'later',
    repeats: index === stepsMinutes.length - 1,
  }));
};
