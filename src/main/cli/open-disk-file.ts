import { ReplicationError } from '../../contract/errors.ts';
import type { OpenDiskOptions } from '../disk/open-layer.ts';

/** What a file is opened as: a raw image when that was said, never because it looks like one. */
export const rawIf = (raw: boolean | undefined): OpenDiskOptions => (raw === true ? { format: 'raw' } : {});

/** Opens or describes a disk file; where its format is unknown, says that it may be raw. */
export const sayingRaw = <T>(option: string, open: () => T): T => {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof ReplicationError) || error.code !== 'DISK_FORMAT_UNKNOWN') throw error;
    const text = `${error.message} A raw image has no signature: if it is one, say ${option}.`;
    throw new ReplicationError(error.code, text, { file: error.file, cause: error.cause });
  }
};
