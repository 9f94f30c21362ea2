import type { ErrorCode } from '../../contract/error-catalogue.ts';
import { ReplicationError } from '../../contract/errors.ts';

/** What was being done to the file when the operating system refused. */
export type FileAction = 'open' | 'read' | 'write';

/**
 * The catalogued error for a failed system call on a disk file.
 * Windows answers EPERM as well as EBUSY for a file that another program holds (a running VM, a backup).
 */
export const diskErrorFrom = (
  error: unknown,
  path: string,
  action: FileAction,
  offset?: number,
): ReplicationError => {
  if (error instanceof ReplicationError) return error;
  const code = codeFor(errnoOf(error), action);
  return new ReplicationError(code, sentenceFor(code, path, action), { file: path, offset, cause: error });
};

const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const codeFor = (errno: string, action: FileAction): ErrorCode => {
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'DISK_NOT_FOUND';
    case 'EEXIST':
      return 'DISK_TARGET_EXISTS';
    case 'EBUSY':
    case 'ETXTBSY':
    case 'EAGAIN':
      return 'DISK_LOCKED';
    case 'EPERM':
      return process.platform === 'win32' ? 'DISK_LOCKED' : 'DISK_ACCESS_DENIED';
    case 'EACCES':
    case 'EROFS':
      return 'DISK_ACCESS_DENIED';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'VOLUME_LOW_SPACE';
    default:
      return action === 'write' ? 'DISK_WRITE_FAILED' : 'DISK_READ_FAILED';
  }
};

const verbs = { open: 'opened', read: 'read', write: 'written' } as const;

const sentenceFor = (code: ErrorCode, path: string, action: FileAction): string => {
  switch (code) {
    case 'DISK_NOT_FOUND':
      return `The disk file ${path} does not exist.`;
    case 'DISK_TARGET_EXISTS':
      return `The file ${path} exists already and is not overwritten.`;
    case 'DISK_LOCKED':
      return `The disk file ${path} could not be ${verbs[action]} because another program holds it.`;
    case 'DISK_ACCESS_DENIED':
      return `The disk file ${path} may not be ${verbs[action]} by this account.`;
    case 'VOLUME_LOW_SPACE':
      return `The volume that holds ${path} is full.`;
    default:
      return `The disk file ${path} could not be ${verbs[action]}.`;
  }
};
