import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import { shownProxyOf } from './proxy-way.ts';
import { retryAfterOf } from './retry-after.ts';

/** What is left of a failed request once the secrets that its objects carry are gone. */
export interface RequestFailure {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** The service's or the operating system's error code. */
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  /** The proxy that the request was to go through, without credentials; null without one. */
  readonly proxy: string | null;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly sentence: string;
}

const unreachable = (sentence: string): Meaning => ({ code: 'VAULT_UNREACHABLE', sentence });
const denied = (sentence: string): Meaning => ({ code: 'VAULT_ACCESS_DENIED', sentence });

/**
 * | what came back                                                  | error               | tried again            |
 * |-----------------------------------------------------------------|---------------------|------------------------|
 * | no answer, or half of one: DNS, refused, reset, timeout         | VAULT_UNREACHABLE   | yes                    |
 * | a proxy that is not found, does not answer, lets nobody through | PROXY_FAILED        | yes                    |
 * | a proxy's 407                                                   | PROXY_ACCESS_DENIED | no                     |
 * | a certificate that nobody here trusts, no TLS                   | VAULT_UNTRUSTED     | yes                    |
 * | 401, 403, an expired signature, 400 about the sign-in           | VAULT_ACCESS_DENIED | no                     |
 * | 409 of a container that is disabled or may not be changed       | VAULT_ACCESS_DENIED | no                     |
 * | 404 of the account or the container                             | VAULT_NOT_FOUND     | no                     |
 * | 404 of a blob                                                   | REPLICA_MISSING     | no                     |
 * | 409, 412 about a lease                                          | VAULT_IN_USE        | no                     |
 * | 409, 412 otherwise: something changed in between                | VAULT_WRITE_FAILED  | yes                    |
 * | 409 of an account or container that is being made or deleted    | VAULT_UNREACHABLE   | yes                    |
 * | 416: the blob is shorter than it was                            | REPLICA_INVALID     | no                     |
 * | 408, 429, 500, 502, 503, 504, 409 of snapshots in too quick succession | VAULT_UNREACHABLE | yes, not before Retry-After |
 * | an account or disk that is full, as many snapshots as it takes  | VAULT_FULL          | yes                    |
 *
 * Codes: "Common REST API error codes", "Azure Blob Storage error codes". They list none for a full account: a standard one
 * of today answers `AccountOverCapacity`-like codes only by name, hence the pattern.
 */
export const meaningOf = (failure: RequestFailure): Meaning => {
  const { status, code, message } = failure;
  if (status === 507 || fullPattern.test(`${code} ${message}`)) {
    const ofSnapshots = code === 'SnapshotCountExceeded';
    const sentence = ofSnapshots
      ? 'The storage account keeps no more snapshots of the blob'
      : 'The storage account has no room left';
    return { code: 'VAULT_FULL', sentence };
  }
  if (status === null) return meaningAtProxy(failure) ?? meaningOfSilence(code);
  switch (status) {
    case 400:
      if (code === 'InvalidAuthenticationInfo' || code === 'AuthenticationFailed')
        return denied('The storage account does not accept the sign-in');
      return notDone;
    case 401:
      return denied('The storage account does not accept the sign-in');
    case 403:
      if (/time ?frame|expired|signature not valid/i.test(message))
        return denied('The signature that gives access to the storage account has expired');
      return denied(refusals[code] ?? 'The storage account refuses access');
    case 404:
      if (code === 'ContainerNotFound' || code === 'ResourceNotFound' || code === 'AccountNotFound')
        return { code: 'VAULT_NOT_FOUND', sentence: 'The storage account has no such container' };
      return { code: 'REPLICA_MISSING', sentence: 'The storage account does not hold the blob' };
    case 409:
    case 412:
      return meaningOfConflict(code);
    case 416:
      return { code: 'REPLICA_INVALID', sentence: 'The blob is shorter than it was' };
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return unreachable(busy);
    default:
      return notDone;
  }
};

const busy = 'The storage account is busy or out of order';
const notDone: Meaning = {
  code: 'VAULT_WRITE_FAILED',
  sentence: 'The storage account did not do what was asked',
};
const fullPattern =
  /ENOSPC|no space left|OverCapacity|capacity limit|QuotaExceeded|InsufficientStorage|SnapshotCountExceeded/i;

/** What a 403 says with its code. */
const refusals: Readonly<Record<string, string>> = {
  AuthorizationPermissionMismatch: 'The sign-in does not have the right that this needs',
  InsufficientAccountPermissions: 'The storage account does not allow that to anybody',
  AuthorizationFailure: 'The firewall of the storage account, or a right of the sign-in, does not allow this',
  AuthorizationSourceIPMismatch: 'The signature is not good for this network address',
  AuthorizationProtocolMismatch: 'The signature is not good for this protocol',
  AuthorizationServiceMismatch: 'The signature is not good for blobs',
  AuthorizationResourceTypeMismatch: 'The signature is not good for containers and blobs',
  KeyBasedAuthenticationNotPermitted:
    'The storage account takes no keys and signatures, only Microsoft Entra ID',
  AuthenticationFailed: 'The storage account does not accept the sign-in',
  AccountIsDisabled: 'The storage account is disabled',
};

const meaningOfConflict = (code: string): Meaning => {
  if (/Lease/i.test(code))
    return { code: 'VAULT_IN_USE', sentence: 'Another installation holds the replica' };
  if (/ImmutableDueTo|ImmutabilityPolicy|LegalHold/.test(code))
    return denied('A policy of the container keeps its blobs from being changed');
  switch (code) {
    case 'ContainerBeingDeleted':
      return unreachable('The container is being deleted');
    case 'AccountBeingCreated':
      return unreachable('The storage account is still being made');
    case 'SnapshotOperationRateExceeded':
      return unreachable('The storage account takes no more snapshots of the blob for the moment');
    case 'ContainerDisabled':
      return denied('The container is disabled');
    case 'PublicAccessNotPermitted':
      return denied('The storage account does not accept the sign-in');
    default:
      return { code: 'VAULT_WRITE_FAILED', sentence: 'Something else changed the blob at the same time' };
  }
};

/** System's codes of a server that is not who it should be, or speaks no TLS. */
export const isUntrusted = (code: string): boolean => /CERT|TLS|SSL|SIGNATURE|EPROTO/.test(code);

/** What a failure on the way to a proxy or at it means; null when it is none. */
export const meaningAtProxy = ({ code, message, proxy }: RequestFailure): Meaning | null => {
  if (proxy === null) return null;
  const failed = (what: string): Meaning => ({
    code: 'PROXY_FAILED',
    sentence: `The proxy ${proxy} ${what}`,
  });
  if (code === 'ERR_PROXY_TUNNEL') {
    const [, status, words] = /: HTTP\/[\d.]+ (\d{3})(.*)$/.exec(message) ?? [];
    if (status === undefined) return failed('does not let the request through');
    if (status !== '407') return failed(`does not let the request through and answers ${status}${words}`);
    return { code: 'PROXY_ACCESS_DENIED', sentence: `The proxy ${proxy} does not accept the sign-in` };
  }
  if (/^(ENOTFOUND|EAI_)/.test(code)) return failed('has a name that cannot be resolved');
  return code === 'ECONNREFUSED' ? failed('is not there: nothing answers at its address') : null;
};

const meaningOfSilence = (code: string): Meaning => {
  if (isUntrusted(code)) {
    const sentence = 'The storage account cannot be trusted: its certificate fails';
    return { code: 'VAULT_UNTRUSTED', sentence };
  }
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return unreachable('The name of the storage account cannot be resolved');
  if (code === 'ECONNREFUSED') return unreachable('Nothing answers at the address of the storage account');
  if (/TIMEDOUT|Abort/.test(code)) return unreachable('The storage account does not answer in time');
  return unreachable('The connection to the storage account broke');
};

interface ThrownRequest {
  readonly statusCode?: number;
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly details?: { readonly errorCode?: string; readonly code?: string };
  /** As read by who received the answer. */
  readonly retryAfterMs?: number | undefined;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
  readonly cause?: unknown;
}

/** What of `thrown` a request about `what` failed at; null when it is no failed request. */
export const failureOf = (thrown: unknown, what: string): RequestFailure | null => {
  if (!(thrown instanceof Error)) return null;
  const error = thrown as ThrownRequest;
  const isRequest =
    requestErrors.has(error.name ?? '') ||
    systemCode.test(error.code ?? '') ||
    unwholeAnswer.test(error.message ?? '');
  if (!isRequest) return null;
  const status = error.statusCode ?? null;
  const inner = error.cause as ThrownRequest | undefined;
  const code = error.details?.errorCode ?? error.code ?? inner?.code ?? error.name ?? '';
  const text = (error.message ?? '').split('\n')[0] ?? '';
  return {
    status,
    code,
    message: text.replace(/\?\S*/g, ''),
    retryAfterMs: error.retryAfterMs ?? retryAfterOf(error.response?.headers),
    proxy: status === null ? shownProxyOf(what) : null,
  };
};

const requestErrors: ReadonlySet<string> = new Set(['RestError', 'AbortError', 'BusyAnswer']);
/** The SDK throws plain errors where an answer ends too early, or is not the service's. */
const unwholeAnswer =
  /^(Data corruption failure|Stream drains before|File download response doesn't contain|List Blobs response body)/;
const systemCode = /^(E[A-Z]{3,}|EAI_[A-Z]+)$/;

/** Whatever a request about `what` threw, as the vault's error. The request itself is left behind: it holds the sign-in. */
export const azureError = (thrown: unknown, what: string): ReplicationError => {
  const failure = failureOf(thrown, what);
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

/** Whether the service let somebody in and says that a right is missing. */
export const lacksRight = (error: ReplicationError): boolean =>
  error.cause instanceof Error && error.cause.message.startsWith('403 AuthorizationPermissionMismatch');

export const isStatus = (thrown: unknown, ...statuses: readonly number[]): boolean =>
  statuses.includes((thrown as ThrownRequest | null)?.statusCode ?? 0);
