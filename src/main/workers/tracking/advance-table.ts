import type { DigestTable } from '../../block/digest-table.ts';
import { LogReader } from '../../hrl/log-reader.ts';

/**
 * Lets the digests catch up with a log: every block record of a cut that the table has not seen yet gives its digest.
 *
 * The log is written and durable first, the table follows; so after a crash the table is at most behind, and going over
 * the log again repairs it. Running twice changes nothing.
 */
export const advanceTable = (table: DigestTable, logPath: string): void => {
  const reader = LogReader.open(logPath);
  try {
    const lastCut = reader.cuts().at(-1);
    if (lastCut === undefined || lastCut.cut <= table.cut) return;
    for (const { block, digest } of reader.committedDigests()) table.write(block, digest);
    table.flush();
    table.setHeader({ cut: lastCut.cut });
  } finally {
    reader.close();
  }
};
