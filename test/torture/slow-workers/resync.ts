import { setTimeout as pause } from 'node:timers/promises';
import { BlockReader } from '../../../src/main/workers/reading/block-reader.ts';

/**
 * The product's worker on a slow disk: the comparison of a small disk takes as long as it takes to be told of, and to be
 * killed in the midst of.
 */
const msPerChunk = 20;

const read = BlockReader.prototype.read;
BlockReader.prototype.read = async function* (this: BlockReader, options) {
  for await (const chunk of read.call(this, options)) {
    await pause(msPerChunk);
    yield chunk;
  }
};

await import('../../../src/main/workers/resync.ts');
