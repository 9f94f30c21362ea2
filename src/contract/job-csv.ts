import { csvText } from './csv.ts';
import type { JobReport } from './job-reports.ts';

const columns = [
  'id',
  'kind',
  'vm',
  'state',
  'startedAt',
  'endedAt',
  'percent',
  'errorCode',
  'error',
] as const;

/** Jobs as CSV with times in UTC. */
export const jobCsv = (jobs: readonly JobReport[]): string =>
  csvText(
    columns,
    jobs.map(({ id, kind, vm, state, startedAt, endedAt, percent, error }) => ({
      id,
      kind,
      vm,
      state,
      startedAt,
      endedAt,
      percent,
      errorCode: error?.code ?? null,
      error: error?.message ?? null,
    })),
  );
