import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';

/** What is left of a failed request once the secrets that its objects carry are gone. */
export interface RequestFailure {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** The service's or the operating system's error code. */
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly sentence: string;
}

const unreachable = (sentence: string): Meaning => ({ code: 'VAULT_UNREACHABLE', sentence });
const denied = (sentence: string): Meaning => ({ code: 'VAULT_ACCESS_DENIED', sentence });

/**
 * | what came back                                   | error               | tried again |
 * |--------------------------------------------------|---------------------|-------------|
 * | no answer: DNS, refused, reset, timeout, TLS     | VAULT_UNREACHABLE   | yes         |
 * | 401, 403, an expired signature                   | VAULT_ACCESS_DENIED | no          |
 * | 404 of the account or the container              | VAULT_NOT_FOUND     | no          |
 * | 404 of a blob                                    | REPLICA_MISSING     | no          |
 * | 409, 412 about a lease                           | VAULT_IN_USE        | no          |
 * | 412 otherwise: something changed in between      | VAULT_WRITE_FAILED  | yes         |
 * | 416: the blob is shorter than it was             | REPLICA_INVALID     | no          |
 * | 408, 429, 500, 502, 503, 504                     | VAULT_UNREACHABLE   | yes, after Retry-After |
 * | an account or disk that is full                  | VAULT_FULL          | yes         |
 */
export const meaningOf = ({ status, code, message }: RequestFailure): Meaning => {
  if (/ENOSPC|no space left|OverCapacity|capacity limit|QuotaExceeded/i.test(`${code} ${message}`)) {
    return { code: 'VAULT_FULL', sentence: 'The storage account has no room left' };
  }
  if (status === null) return unreachable(sentenceOfNetwork(code));
  switch (status) {
    case 401:
      return denied('The storage account does not accept the sign-in');
    case 403:
      if (/time ?frame|expired|signature not valid/i.test(message))
        return denied('The signature that gives access to the storage account has expired');
      if (/Permission|AuthorizationFailure/i.test(code))
        return denied('The sign-in does not have the right that this needs');
      return denied('The storage account refuses access');
    case 404:
      if (code === 'ContainerNotFound' || code === 'ResourceNotFound' || code === 'AccountNotFound')
        return { code: 'VAULT_NOT_FOUND', sentence: 'The storage account has no such container' };
      return { code: 'REPLICA_MISSING', sentence: 'The storage account does not hold the blob' };
    case 409:
    case 412:
      if (/Lease/i.test(code))
        return { code: 'VAULT_IN_USE', sentence: 'Another installation holds the replica' };
      if (code === 'ContainerBeingDeleted') return unreachable('The container is being deleted');
      return { code: 'VAULT_WRITE_FAILED', sentence: 'Something else changed the blob at the same time' };
    case 416:
      return { code: 'REPLICA_INVALID', sentence: 'The blob is shorter than it was' };
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return unreachable('The storage account is busy or out of order');
    default:
      return { code: 'VAULT_WRITE_FAILED', sentence: 'The storage account did not do what was asked' };
  }
};

const sentenceOfNetwork = (code: string): string => {
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'The name of the storage account cannot be resolved';
  if (code === 'ECONNREFUSED') return 'Nothing answers at the address of the storage account';
  if (/CERT|TLS|SSL|SIGNATURE|EPROTO/.test(code))
    return 'The storage account cannot be trusted: its certificate fails';
  if (/TIMEDOUT|Abort/.test(code)) return 'The storage account does not answer in time';
  return 'The connection to the storage account broke';
};

interface ThrownRequest {
  readonly statusCode?: number;
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly details?: { readonly errorCode?: string; readonly code?: string };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
  readonly cause?: unknown;
}

/** What of `thrown` a request failed at; null when it is no failed request. */
export const failureOf = (thrown: unknown): RequestFailure | null => {
  if (!(thrown instanceof Error)) return null;
  const error = thrown as ThrownRequest;
  const isRequest =
    error.name === 'RestError' || error.name === 'AbortError' || systemCode.test(error.code ?? '');
  if (!isRequest) return null;
  const status = error.statusCode ?? null;
  const inner = error.cause as ThrownRequest | undefined;
  const code = error.details?.errorCode ?? error.code ?? inner?.code ?? error.name ?? '';
  const text = (error.message ?? '').split('\n')[0] ?? '';
  return {
    status,
    code,
    message: text.replace(/\?\S*/g, ''),
    retryAfterMs: retryAfterOf(error.response?.headers),
  };
};

const systemCode = /^(E[A-Z]{3,}|EAI_[A-Z]+)$/;

const retryAfterOf = (headers: { get(name: string): string | undefined } | undefined): number | undefined => {
  const milliseconds = headers?.get('retry-after-ms') ?? headers?.get('x-ms-retry-after-ms');
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) return Number(milliseconds);
  const text = headers?.get('retry-after');
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
};

/** Whatever a request about `what` threw, as the vault's error. The request itself is left behind: it holds the sign-in. */
export const azureError = (thrown: unknown, what: string): ReplicationError => {
  const failure = failureOf(thrown);
  if (failure === null) return ReplicationError.from(thrown);
  const { code, sentence } = meaningOf(failure);
  const { status, retryAfterMs } = failure;
  const cause = new Error(`${status ?? 'no answer'} ${failure.code}: ${failure.message}`);
  return new ReplicationError(code, `${sentence}: ${what}.`, { file: what, cause, retryAfterMs });
};

/** Runs requests about `what`; what they throw comes out as a VAULT_* or REPLICA_* error. */
export const atAzure = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw azureError(thrown, what);
  }
};

export const isStatus = (thrown: unknown, ...statuses: readonly number[]): boolean =>
  statuses.includes((thrown as ThrownRequest | null)?.statusCode ?? 0);
