import { closeSync, constants, openSync, statfsSync, writeSync } from 'node:fs';

/** Below this the page cache, which gathers small writes, is faster. */
const leastBytes = 64 * 1024;
/** Every file system asks for less. */
const alignment = 4096;
/** So many in a row and nothing more is tried. */
const maxRefusals = 8;

/** Local Linux file systems on which a direct write is what it says and coherent with reads through the page cache. */
const knownFileSystems: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
]);

/**
 * A second handle on a file whose writes go to the disk without filling the page cache (`O_DIRECT`). It saves copying,
 * and on a machine short of memory the time to make room; the data are durable after the next sync, as any other's.
 */
export class DirectHandle {
  private readonly handle: number;
  private refusals = 0;

  constructor(handle: number) {
    this.handle = handle;
  }

  /** Bytes taken from the start of `data`: 0 for what has to be written the usual way. */
  write(data: Uint8Array, offset: number): number {
    const length = data.length - (data.length % alignment);
    if (this.refusals === maxRefusals || length < leastBytes || offset % alignment > 0) return 0;
    try {
      const taken = writeSync(this.handle, data, 0, length, offset);
      this.refusals = 0;
      return taken - (taken % alignment);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
      // The device asks for an alignment that these data do not have in memory; the next ones may.
      this.refusals += 1;
      return 0;
    }
  }

  close(): void {
    closeSync(this.handle);
  }
}

/** Null where the system or the file system has no such thing; Windows and network shares among them. */
export const openDirect = (path: string): DirectHandle | null => {
  const { O_DIRECT, O_RDWR } = constants;
  if (O_DIRECT === undefined || !knownFileSystems.has(statfsSync(path).type)) return null;
  try {
    return new DirectHandle(openSync(path, O_RDWR | O_DIRECT));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null;
    throw error;
  }
};
