import { extname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { WorkerStart } from './protocol.ts';
import { BlockReader } from './reading/block-reader.ts';
import { laneCount } from './reading/lane-count.ts';

/** Worker entry point: the uploader. Lanes that will be needed load beside the rest. */

const laneEntry = join(import.meta.dirname, 'reading', `lane${extname(import.meta.filename)}`);
const startLanes = () => new BlockReader(laneCount(), laneEntry);
const { readsDisks, vaultKind } = workerData as WorkerStart;
const reader = readsDisks ? startLanes() : null;
const { serveUploader } = await import('./uploading/serve-uploader.ts');
serveUploader(reader, startLanes, vaultKind);
