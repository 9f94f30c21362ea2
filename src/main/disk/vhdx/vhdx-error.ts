import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';

/** An error about one VHDX file: `what` is a sentence without its object, completed by the path. */
export const vhdxError = (
  code: ErrorCode,
  path: string,
  what: string,
  offset?: number,
  cause?: unknown,
): ReplicationError => new ReplicationError(code, `${what}: ${path}`, { file: path, offset, cause });

export const corrupt = (path: string, what: string, offset?: number): ReplicationError =>
  vhdxError('DISK_CORRUPT', path, what, offset);

export const truncated = (path: string, what: string, offset?: number): ReplicationError =>
  vhdxError('DISK_TRUNCATED', path, what, offset);

export const unsupported = (path: string, what: string, offset?: number): ReplicationError =>
  vhdxError('DISK_UNSUPPORTED', path, what, offset);
