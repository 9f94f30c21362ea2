import { isEnded } from '../../contract/job-reports.ts';
import { JournalTable } from './journal-table.ts';
import { type JobRecord, jobRecord, type Numbered } from './records.ts';
import type { StoreFile } from './store-file.ts';

/** Jobs with their steps. One that has not ended is never forgotten. */
export class JobTable extends JournalTable<JobRecord> {
  constructor(file: StoreFile) {
    super(file, {
      table: 'jobs',
      schema: jobRecord,
      columns: ({ vmId, state }) => ({ vm_id: vmId, ended: isEnded(state) ? 1 : 0 }),
      keep: 2_000,
      disposable: 'ended = 1',
    });
  }

  /** What an earlier run left, oldest first. */
  notEnded(): Numbered<JobRecord>[] {
    return this.select('WHERE ended = 0 ORDER BY id', []);
  }
}
