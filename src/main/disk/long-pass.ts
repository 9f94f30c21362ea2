import { setImmediate as nextTurn } from 'node:timers/promises';
import { ReplicationError } from '../../contract/errors.ts';
import type { Extent } from './virtual-disk.ts';

export interface PassOptions {
  /** Called after each chunk with bytes of the disk behind and in all, holes counted as passed. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const passChunkBytes = 1024 * 1024;

/**
 * Visits `extents` in chunks of at most 1 MiB that never cross a multiple of it, letting the event loop turn between
 * them.
 * @throws ReplicationError `CANCELLED`
 */
export const passOver = async (
  extents: Iterable<Extent>,
  totalBytes: number,
  options: PassOptions,
  visit: (offset: number, length: number) => void,
): Promise<void> => {
  for (const extent of extents) {
    const end = extent.offset + extent.length;
    for (let at = extent.offset; at < end; ) {
      if (options.signal?.aborted)
        throw new ReplicationError('CANCELLED', 'The pass over the disk was cancelled.');
      const next = Math.min(end, (Math.floor(at / passChunkBytes) + 1) * passChunkBytes);
      visit(at, next - at);
      at = next;
      options.onProgress?.(at, totalBytes);
      await nextTurn();
    }
  }
  options.onProgress?.(totalBytes, totalBytes);
};
