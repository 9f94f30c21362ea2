import { extname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { ReplicationError } from '../../contract/errors.ts';
import { dropLogs, listLogs, totalLogBytes } from '../hrl/rotation.ts';
import { removeDurably } from '../platform/durable.ts';
import type { Tasks, WorkerStart } from './protocol.ts';
import { BlockReader } from './reading/block-reader.ts';
import { laneCount } from './reading/lane-count.ts';
import { serveTasks, type TaskContext } from './serve-tasks.ts';
import { advanceSent } from './tracking/advance-sent.ts';
import { advanceTable } from './tracking/advance-table.ts';
import { openLog } from './tracking/open-log.ts';
import { ScanBaseline } from './tracking/scan-baseline.ts';
import { type OpenScan, scanDisk } from './tracking/scan-disk.ts';
import { sealLog } from './tracking/seal-log.ts';
import { surveyTracking } from './tracking/survey-tracking.ts';

/** Worker entry point: the replication tracker. Owns the active logs and the digest tables of all disks. */

const laneEntry = join(import.meta.dirname, 'reading', `lane${extname(import.meta.filename)}`);
const startLanes = () => new BlockReader(laneCount(), laneEntry);
// Else started with the first scan: sealing and dropping logs needs no lanes.
let reader = (workerData as WorkerStart).readsDisks ? startLanes() : null;
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

const scan = async (params: Tasks['scan']['params'], context: TaskContext) => {
  const abandoned = openScans.get(params.source.diskId);
  if (abandoned !== undefined) {
    openScans.delete(params.source.diskId);
    abandoned.sink.rollback();
    closeScan(abandoned);
  }
  reader ??= startLanes();
  const lanes = reader;
  const baseline = new ScanBaseline(params.baseline, params.source.diskId);
  try {
    const { result, open } = await scanDisk(params, baseline, lanes, context);
    openScans.set(params.source.diskId, open);
    return result;
  } finally {
    await baseline.close();
  }
};

serveTasks({
  scan,
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
