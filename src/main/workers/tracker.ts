import { extname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { WorkerStart } from './protocol.ts';
import { BlockReader } from './reading/block-reader.ts';
import { laneCount } from './reading/lane-count.ts';

/** Worker entry point: the replication tracker. Lanes that will be needed load beside the rest. */

const laneEntry = join(import.meta.dirname, 'reading', `lane${extname(import.meta.filename)}`);
const startLanes = () => new BlockReader(laneCount(), laneEntry);
const reader = (workerData as WorkerStart).readsDisks ? startLanes() : null;
const { serveTracker } = await import('./tracking/serve-tracker.ts');
serveTracker(reader, startLanes);
