import type { ReplicationError } from '../../contract/errors.ts';
import { RetriedError } from './retried-error.ts';

export const exitCodes = {
  done: 0,
  /** Somebody has to do something. */
  failed: 1,
  usage: 2,
  /** The engine tries again by itself; EX_TEMPFAIL of sysexits.h. */
  willBeRetried: 75,
  interrupted: 130,
} as const;

export const exitCodeOf = (error: ReplicationError): number => {
  if (error.code === 'INPUT_INVALID') return exitCodes.usage;
  return error instanceof RetriedError ? exitCodes.willBeRetried : exitCodes.failed;
};
