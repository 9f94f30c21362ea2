import { existsSync } from 'node:fs';
import { LogWriter } from '../../hrl/log-writer.ts';
import { activeLogPath } from '../../hrl/rotation.ts';
import type { NewLogSpec, Tasks } from '../protocol.ts';

type LogOwner = Pick<Tasks['openLog']['params'], 'tracking'> & {
  readonly source: Pick<Tasks['openLog']['params']['source'], 'diskId' | 'sizeBytes'>;
};

/** A new, empty active log of a disk. @throws ReplicationError `HRL_WRITE_FAILED`, `VOLUME_LOW_SPACE` */
export const createLog = ({
  source,
  tracking,
  previousCut,
  sequence,
  createdAtMs,
}: LogOwner & NewLogSpec): LogWriter =>
  LogWriter.create(activeLogPath(tracking.rootPath), {
    purpose: 'log',
    diskId: source.diskId,
    diskSizeBytes: source.sizeBytes,
    sequence,
    lineage: tracking.lineage,
    previousCut,
    createdAtMs,
  });

/** Every tracked disk has its log beside it, before the first change too; one that is there already stays. */
export const openLog = (params: Tasks['openLog']['params']): void => {
  if (!existsSync(activeLogPath(params.tracking.rootPath))) createLog(params).close();
};
