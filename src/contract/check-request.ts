import type { z } from 'zod';
import { ReplicationError } from './errors.ts';
import { type CheckedParams, isRequestName, type RequestName, requests } from './requests.ts';

/**
 * Checks a request as it enters the engine.
 * @throws ReplicationError `INPUT_INVALID` naming the request and each field that does not fit
 */
export const checkRequest = <N extends RequestName>(name: N, params: unknown): CheckedParams<N> => {
  if (!isRequestName(name))
    throw new ReplicationError('INPUT_INVALID', `There is no request named ${JSON.stringify(name)}.`);
  const checked = requests[name].params.safeParse(params);
  if (!checked.success)
    throw new ReplicationError('INPUT_INVALID', `${name}: ${describeIssues(checked.error)}`);
  return checked.data as CheckedParams<N>;
};

/** What does not fit, as `field: reason; field: reason`. */
export const describeIssues = (error: z.ZodError): string =>
  error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
