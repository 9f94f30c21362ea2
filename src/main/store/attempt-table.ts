import { JournalTable } from './journal-table.ts';
import { type AttemptRecord, attemptRecord } from './records.ts';
import type { StoreFile } from './store-file.ts';

/** Of each VM: its newest attempts, and failures for a week, of which so many are enough. */
const newestKept = 200;
const failuresKept = 2_000;
const failureMs = 7 * 24 * 3_600_000;

/** Attempts of all VMs; what is kept of one does not depend on how many others there are. */
export class AttemptTable extends JournalTable<AttemptRecord> {
  constructor(file: StoreFile) {
    super(file, {
      table: 'attempts',
      schema: attemptRecord,
      columns: ({ vmId, outcome, atMs }) => ({
        vm_id: vmId,
        kept_until: outcome === 'failed' ? atMs + failureMs : 0,
      }),
      keep: 200_000,
    });
  }

  override add(record: AttemptRecord): number {
    return this.file.write('normal', () => {
      const id = super.add(record);
      const { vmId, atMs } = record;
      const nth = (offset: number) =>
        this.file
          .prepare('SELECT id FROM attempts WHERE vm_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?')
          .pluck()
          .get(vmId, offset) as number | undefined;
      const old = nth(newestKept);
      if (old === undefined) return id;
      this.file
        .prepare('DELETE FROM attempts WHERE vm_id = ? AND id <= ? AND kept_until < ?')
        .run(vmId, old, atMs);
      const oldest = nth(failuresKept);
      if (oldest !== undefined)
        this.file.prepare('DELETE FROM attempts WHERE vm_id = ? AND id <= ?').run(vmId, oldest);
      return id;
    });
  }
}
