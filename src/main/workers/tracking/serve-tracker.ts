import { ReplicationError } from '../../../contract/errors.ts';
import { dropLogs, listLogs, totalLogBytes } from '../../hrl/rotation.ts';
import { removeDurably } from '../../platform/durable.ts';
import type { Tasks } from '../protocol.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import { serveTasks, type TaskContext, type TaskHandlers } from '../serve-tasks.ts';
import { advanceSent } from './advance-sent.ts';
import { advanceTable } from './advance-table.ts';
import { openLog } from './open-log.ts';
import { ScanBaseline } from './scan-baseline.ts';
import { type OpenScan, scanDisk } from './scan-disk.ts';
import { sealLog } from './seal-log.ts';
import { surveyTracking } from './survey-tracking.ts';

const openScans = new Map<string, OpenScan>();

const takeScan = (diskId: string): OpenScan => {
  const scan = openScans.get(diskId);
  if (scan === undefined)
    throw new ReplicationError('STATE_INVALID', 'There is no scan of this disk to end.');
  openScans.delete(diskId);
  return scan;
};

const closeScan = ({ sink, table }: OpenScan): void => {
  sink.close();
  table.close();
};

const scan = async (params: Tasks['scan']['params'], context: TaskContext, lanes: BlockReader) => {
  const abandoned = openScans.get(params.source.diskId);
  if (abandoned !== undefined) {
    openScans.delete(params.source.diskId);
    abandoned.sink.rollback();
    closeScan(abandoned);
  }
  const baseline = new ScanBaseline(params.baseline, params.source.diskId);
  try {
    const { result, open } = await scanDisk(params, baseline, lanes, context);
    openScans.set(params.source.diskId, open);
    return result;
  } finally {
    await baseline.close();
  }
};

const handlers = (reader: () => BlockReader): TaskHandlers => ({
  scan: (params, context) => scan(params, context, reader()),
  cut: async ({ diskId, cut, takenAtMs, consistency }) => {
    const open = takeScan(diskId);
    try {
      open.sink.cut({ cut, takenAtMs, consistency });
      advanceTable(open.table, open.sink.logPath);
      return null;
    } finally {
      closeScan(open);
    }
  },
  rollback: async ({ diskId }) => {
    const open = takeScan(diskId);
    try {
      open.sink.rollback();
    } finally {
      closeScan(open);
    }
    return null;
  },
  seal: async (params) => sealLog(params),
  openLog: async (params) => {
    openLog(params);
    return null;
  },
  advanceSent: async (params) => {
    advanceSent(params);
    return null;
  },
  survey: async (params) => surveyTracking(params),
  dropLogs: async ({ diskId, rootPath, sequence }) => {
    if (openScans.has(diskId)) closeScan(takeScan(diskId));
    if (sequence === null) dropLogs(rootPath);
    else for (const log of listLogs(rootPath).sealed) if (log.sequence <= sequence) removeDurably(log.path);
    return { logBytes: totalLogBytes(rootPath) };
  },
});

/**
 * The replication tracker: owns the active logs and the digest tables of all disks.
 * @param reader lanes that are there already; else they are started with the first scan: sealing and dropping logs needs none
 */
export const serveTracker = (reader: BlockReader | null, startLanes: () => BlockReader): void => {
  let lanes = reader;
  serveTasks(
    handlers(() => {
      lanes ??= startLanes();
      return lanes;
    }),
  );
};
