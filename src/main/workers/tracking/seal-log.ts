import { existsSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import { activeLogPath, sealActiveLog, sealedLogPath } from '../../hrl/rotation.ts';
import type { SealedLog, Tasks } from '../protocol.ts';

/**
 * Makes the active log ready for transit. The digests advance only over durable logs, so a table that is ahead of
 * `previousCut` proves that there is a log, and how far it reaches.
 * @throws HRL_MISSING, HRL_CORRUPT, HRL_FOREIGN, TRACKING_DAMAGED
 */
export const sealLog = ({
  source,
  tracking,
  previousCut,
  sequence,
}: Tasks['seal']['params']): SealedLog | null => {
  const { rootPath, lineage } = tracking;
  const sealedPath = sealedLogPath(rootPath, sequence);
  if (existsSync(sealedPath))
    return { sealedPath, lastCut: lastCutOf(sealedPath, source.diskId, lineage, 0) };
  const minimumCut = loggedCut(source, tracking, previousCut);
  const activePath = activeLogPath(rootPath);
  if (!existsSync(activePath)) {
    if (minimumCut === 0) return null;
    throw missingLog(source.name, activePath);
  }
  const lastCut = lastCutOf(activePath, source.diskId, lineage, minimumCut);
  if (lastCut === 0) return null;
  return { sealedPath: sealActiveLog(rootPath, sequence), lastCut };
};

/** The cut that the active log must reach, by what the digests know; 0 when nothing was logged since `previousCut`. */
export const loggedCut = (
  { diskId, sizeBytes }: Pick<Tasks['seal']['params']['source'], 'diskId' | 'sizeBytes'>,
  { tablePath, lineage }: Pick<Tasks['seal']['params']['tracking'], 'tablePath' | 'lineage'>,
  previousCut: number,
): number => {
  const table = DigestTable.open(tablePath, { diskId, lineage, diskSizeBytes: sizeBytes });
  try {
    return table.cut > previousCut ? table.cut : 0;
  } finally {
    table.close();
  }
};

export const missingLog = (disk: string, path: string): ReplicationError =>
  new ReplicationError(
    'HRL_MISSING',
    `The replication log of ${disk} is gone; changes were in it that the vault does not have.`,
    {
      file: path,
    },
  );

const lastCutOf = (path: string, diskId: string, lineage: string, minimumCut: number): number => {
  const reader = LogReader.open(path, { diskId, lineage, minimumCut });
  try {
    return reader.cuts().at(-1)?.cut ?? 0;
  } finally {
    reader.close();
  }
};
