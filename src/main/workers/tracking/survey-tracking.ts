import { existsSync } from 'node:fs';
import { bitmapPath } from '../../block/block-bitmap.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { holdsSentDigests, sentDigestsPath } from '../../block/sent-digests.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import { listLogs } from '../../hrl/rotation.ts';
import type { SurveyedLog, Tasks, TrackingSurvey } from '../protocol.ts';

/**
 * Looks at the digest table and the logs of a disk whose records were lost.
 * @throws TRACKING_DAMAGED, HRL_FOREIGN, HRL_CORRUPT, HRL_UNSUPPORTED, HRL_READ_FAILED
 */
export const surveyTracking = ({
  source,
  tracking,
  replicaCut,
}: Tasks['survey']['params']): TrackingSurvey => {
  const { tablePath, lineage, rootPath } = tracking;
  const owner = { diskId: source.diskId, lineage, diskSizeBytes: source.sizeBytes };
  const table = DigestTable.open(tablePath, owner);
  const { cut: tableCut, complete: tableComplete } = table;
  table.close();
  const { active, sealed } = listLogs(rootPath);
  const look = (path: string): SurveyedLog => {
    const reader = LogReader.open(path, { diskId: source.diskId, lineage, purpose: 'log' });
    try {
      const { sequence, previousCut } = reader.header;
      const last = reader.cuts().at(-1);
      if (last === undefined) return { path, sequence, previousCut, last: null };
      const { cut, takenAtMs, consistency } = last;
      return { path, sequence, previousCut, last: { cut, takenAtMs, consistency } };
    } finally {
      reader.close();
    }
  };
  return {
    tableCut,
    tableComplete,
    waitsForSent:
      tableCut < replicaCut && holdsSentDigests(sentDigestsPath(tablePath), { ...owner, cut: replicaCut }),
    hasBitmap: existsSync(bitmapPath(tablePath)),
    sealed: sealed.map(({ path, sequence }) => ({ ...look(path), sequence })),
    active: active === null ? null : look(active.path),
  };
};
