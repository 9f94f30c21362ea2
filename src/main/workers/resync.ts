import { extname, join } from 'node:path';
import { BlockReader } from './reading/block-reader.ts';
import { laneCount } from './reading/lane-count.ts';

/** Worker entry point: the resync engine. Its lanes load beside the rest. */

const laneEntry = join(import.meta.dirname, 'reading', `lane${extname(import.meta.filename)}`);
const reader = new BlockReader(laneCount(), laneEntry);
const { serveResync } = await import('./resyncing/serve-resync.ts');
serveResync(reader);
