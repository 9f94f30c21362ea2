import { parentPort } from 'node:worker_threads';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type { ToWorker } from '../../../src/main/workers/protocol.ts';
import { BlockReader } from '../../../src/main/workers/reading/block-reader.ts';
import type { Halting } from '../halting-pool.ts';

/** The product's worker, but the reading of a disk halts where its task says, until the task is cancelled. */

let halt: Halting['halt'] = null;
let readBytes: BigInt64Array | null = null;

// Before the product's own listener, which comes later.
parentPort?.on('message', (message: ToWorker) => {
  if (message.type !== 'run') return;
  const halting = message.params as Partial<Halting>;
  halt = halting.halt ?? null;
  readBytes = halting.readBytes === undefined ? null : new BigInt64Array(halting.readBytes);
});

const read = BlockReader.prototype.read;
BlockReader.prototype.read = async function* (this: BlockReader, options) {
  for await (const chunk of read.call(this, options)) {
    if (halt !== null && chunk.offset >= halt.atBytes) {
      chunk.release();
      const arrived = new Int32Array(halt.arrived);
      Atomics.store(arrived, 0, 1);
      Atomics.notify(arrived, 0);
      await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => resolve()));
      throw new ReplicationError('CANCELLED', 'The work was cancelled.');
    }
    if (readBytes !== null) Atomics.add(readBytes, 0, BigInt(chunk.length));
    yield chunk;
  }
};

await import('../../../src/main/workers/resync.ts');
