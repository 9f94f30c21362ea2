import { existsSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { bitmapPath } from '../../block/block-bitmap.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { readSentDigests, sentDigestsPath } from '../../block/sent-digests.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import { activeLogPath, listLogs } from '../../hrl/rotation.ts';
import { removeDurably } from '../../platform/durable.ts';
import type { Tasks } from '../protocol.ts';

/**
 * Lets the digests catch up with what the vault committed without a log. Digests first, then the table's cut, then the
 * side files: a crash in between is repaired by doing it again.
 * @throws ReplicationError `TRACKING_DAMAGED`, `TRACKING_WRITE_FAILED`, `HRL_OUT_OF_SEQUENCE`
 */
export const advanceSent = ({ source, tracking, cut }: Tasks['advanceSent']['params']): void => {
  const { tablePath, lineage, rootPath } = tracking;
  const owner = { diskId: source.diskId, lineage, diskSizeBytes: source.sizeBytes };
  const table = DigestTable.open(tablePath, owner);
  try {
    if (table.cut < cut) {
      readSentDigests(sentDigestsPath(tablePath), { ...owner, cut }, (block, digest) =>
        table.write(block, digest),
      );
      table.setHeader({ cut });
    }
  } finally {
    table.close();
  }
  // The delta built on everything that had been sealed: of that the vault has every byte, too.
  for (const { path } of listLogs(rootPath).sealed) removeDurably(path);
  dropEmptyLog(activeLogPath(rootPath));
  removeDurably(bitmapPath(tablePath));
  removeDurably(sentDigestsPath(tablePath));
};

/** A log that an interrupted pass created names the cut before this one as the one it follows. */
const dropEmptyLog = (path: string): void => {
  if (!existsSync(path)) return;
  const reader = LogReader.open(path);
  const isEmpty = reader.cuts().length === 0;
  reader.close();
  if (!isEmpty) {
    const text = `Changes were sent without a log while ${path} still held some that were not sent.`;
    throw new ReplicationError('HRL_OUT_OF_SEQUENCE', text, { file: path });
  }
  removeDurably(path);
};
