import type { ReplicationError } from '../../contract/errors.ts';

export const exitCodes = {
  done: 0,
  /** Somebody has to do something. */
  failed: 1,
  usage: 2,
  /** It will be retried; EX_TEMPFAIL of sysexits.h. */
  willBeRetried: 75,
  interrupted: 130,
} as const;

export const exitCodeOf = (error: ReplicationError): number => {
  if (error.code === 'INPUT_INVALID') return exitCodes.usage;
  return error.class === 'recoverable' ? exitCodes.willBeRetried : exitCodes.failed;
};
