import { ReplicationError } from '../../../contract/errors.ts';
import { checkedDiskSize } from '../disk-limits.ts';
import { FileSource } from '../file-source.ts';
import { FileTarget } from '../file-target.ts';
import { FlatFileWriter } from '../flat-file-writer.ts';
import type { VirtualDiskWriter } from '../virtual-disk.ts';
import { encodeFooter } from './footer.ts';
import { type NewVhdOptions, newFooter } from './new-footer.ts';
import { openVhdLayer } from './vhd-layer.ts';

const mebibyte = 1024 * 1024;

/**
 * Creates a fixed VHD in the form that Azure takes: the data, rounded up to a whole number of MiB, and the footer right
 * behind it. The footer is written last, by the first `flush` or by `close`.
 * @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_TOO_LARGE`, `DISK_ACCESS_DENIED`, `VOLUME_LOW_SPACE`
 */
export const createFixedVhdWriter = (path: string, options: NewVhdOptions): VirtualDiskWriter => {
  const asked = checkedDiskSize(BigInt(options.sizeBytes), path);
  const sizeBytes = Math.max(1, Math.ceil(asked / mebibyte)) * mebibyte;
  return FlatFileWriter.create(
    path,
    sizeBytes,
    encodeFooter(newFooter('fixed', null, { ...options, sizeBytes })),
  );
};

/**
 * Opens an existing fixed VHD for writing into its data. For disks this program made, never for a VM's.
 * @throws ReplicationError as `openVhdLayer`; `DISK_UNSUPPORTED` when it is not fixed
 */
export const openFixedVhdWriter = (path: string): VirtualDiskWriter => {
  const source = new FileSource(path);
  let sizeBytes: number;
  try {
    const layer = openVhdLayer(source);
    if (layer.kind !== 'fixed') {
      throw new ReplicationError('DISK_UNSUPPORTED', `The VHD ${path} is ${layer.kind}, not fixed.`, {
        file: path,
      });
    }
    sizeBytes = layer.sizeBytes;
  } finally {
    source.close();
  }
  return FlatFileWriter.overExisting(FileTarget.openExisting(path), sizeBytes);
};
