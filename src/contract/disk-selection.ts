import type { JobReport } from './job-reports.ts';
import type { PrerequisiteCheck } from './prerequisites.ts';

/** The answer to `protection.disks`. With `checkOnly` there is no job. */
export interface DisksReport {
  readonly vm: string;
  /** Of the disks to be included. */
  readonly checks: readonly PrerequisiteCheck[];
  readonly job: JobReport | null;
}
