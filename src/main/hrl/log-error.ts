import { ReplicationError } from '../../contract/errors.ts';
import { errnoOf, isOutOfSpace } from '../platform/positional-io.ts';

/** A failed write, truncation or sync of a log, catalogued. */
export const logWriteError = (error: unknown, path: string, offset?: number): ReplicationError => {
  if (error instanceof ReplicationError) return error;
  const context = { file: path, offset, cause: error };
  if (isOutOfSpace(error)) {
    return new ReplicationError('VOLUME_LOW_SPACE', `The volume that holds ${path} is full.`, context);
  }
  return new ReplicationError(
    'HRL_WRITE_FAILED',
    `The replication log ${path} could not be written.`,
    context,
  );
};

/** A failed open or read of a log, catalogued. */
export const logReadError = (error: unknown, path: string, offset?: number): ReplicationError => {
  if (error instanceof ReplicationError) return error;
  const context = { file: path, offset, cause: error };
  const errno = errnoOf(error);
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    return new ReplicationError('HRL_MISSING', `The replication log ${path} does not exist.`, context);
  }
  return new ReplicationError('HRL_READ_FAILED', `The replication log ${path} could not be read.`, context);
};

export const logCorrupt = (path: string, offset: number, reason: string): ReplicationError =>
  new ReplicationError(
    'HRL_CORRUPT',
    `The replication log ${path} is damaged at byte ${offset}: ${reason}.`,
    {
      file: path,
      offset,
    },
  );
