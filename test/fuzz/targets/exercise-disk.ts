import { describeDisk } from '../../../src/main/disk/describe-disk.ts';
import { openVirtualDisk } from '../../../src/main/disk/open-disk.ts';

/** A damaged table may describe any number of extents: this many are looked at, and fewer read. */
const mostExtents = 2000;
const extentsRead = 24;
const readBytes = 64 * 1024;

/** Opens a disk with its chain, lists its extents, and reads at both ends, in the middle and where data are. */
export const exerciseDisk = (path: string): void => {
  describeDisk(path);
  const disk = openVirtualDisk(path);
  try {
    const target = new Uint8Array(readBytes);
    const readAt = (offset: number): void =>
      disk.read(target.subarray(0, Math.min(readBytes, disk.sizeBytes - offset)), offset);
    let count = 0;
    for (const extent of disk.extents()) {
      count += 1;
      if (count <= extentsRead) readAt(extent.offset);
      if (count === mostExtents) break;
    }
    for (const offset of [0, Math.floor(disk.sizeBytes / 2), Math.max(0, disk.sizeBytes - readBytes)])
      readAt(offset);
  } finally {
    disk.close();
  }
};
