import { checkedDiskSize } from '../disk-limits.ts';
import { FlatFileWriter } from '../flat-file-writer.ts';
import type { VirtualDiskWriter } from '../virtual-disk.ts';

/**
 * Creates a raw image, sparse where the volume can.
 * @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_TOO_LARGE`, `DISK_ACCESS_DENIED`, `VOLUME_LOW_SPACE`
 */
export const createRawWriter = (path: string, options: { readonly sizeBytes: number }): VirtualDiskWriter =>
  FlatFileWriter.create(path, checkedDiskSize(BigInt(options.sizeBytes), path), null);
