import { ReplicationError } from '../../contract/errors.ts';
import type { DiskFormat } from '../../contract/model.ts';
import type { ByteSource } from './byte-source.ts';
import { openRawLayer } from './raw/raw-layer.ts';
import { findFooter } from './vhd/find-footer.ts';
import { openVhdLayer } from './vhd/vhd-layer.ts';
import { openVhdxLayer } from './vhdx/vhdx-layer.ts';
import type { DiskLayer } from './virtual-disk.ts';

export interface OpenDiskOptions {
  /** Instead of finding it out by content; the only way to open a raw image. */
  readonly format?: DiskFormat | undefined;
}

/**
 * Opens one layer over an opened file, which is closed when it cannot be understood.
 * @throws ReplicationError `DISK_READ_FAILED`, `DISK_FORMAT_UNKNOWN`, `DISK_CORRUPT`, `DISK_TRUNCATED`, `DISK_UNSUPPORTED`,
 *   `DISK_TOO_LARGE`
 */
export const openLayerFrom = (source: ByteSource, options: OpenDiskOptions = {}): DiskLayer => {
  try {
    switch (options.format ?? detectFormat(source)) {
      case 'vhdx':
        return openVhdxLayer(source);
      case 'vhd':
        return openVhdLayer(source);
      case 'raw':
        return openRawLayer(source);
    }
  } catch (error) {
    source.close();
    throw error;
  }
};

const vhdxSignature = 'vhdxfile';

/**
 * The format that a file's content shows.
 * @throws ReplicationError `DISK_FORMAT_UNKNOWN`; `DISK_CORRUPT` when it is a VHD without an intact footer
 */
export const detectFormat = (source: ByteSource): Exclude<DiskFormat, 'raw'> => {
  const start = Buffer.alloc(Math.min(vhdxSignature.length, source.sizeBytes));
  source.read(start, 0);
  if (start.toString('latin1') === vhdxSignature) return 'vhdx';
  if (findFooter(source) !== null) return 'vhd';
  throw new ReplicationError(
    'DISK_FORMAT_UNKNOWN',
    `The file ${source.path} is neither a VHD nor a VHDX; a fixed VHD whose end is missing looks like that too.`,
    { file: source.path },
  );
};
