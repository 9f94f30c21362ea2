import { workerData } from 'node:worker_threads';
import { BandwidthGate } from '../vault/pacing/bandwidth-gate.ts';
import type { WorkerStart } from './protocol.ts';

/** The bandwidth limit in this thread. */
export const sharedBandwidth = new BandwidthGate((workerData as WorkerStart).bandwidth);
