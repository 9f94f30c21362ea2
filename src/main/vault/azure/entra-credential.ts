import type { AuthenticationRecord, TokenCredential } from '@azure/identity';
import { ReplicationError } from '../../../contract/errors.ts';
import { proxyWayPolicy, straightPolicy } from './agent-policy.ts';
import type { EntraSignIn } from './azure-access.ts';
import { isKnownAuthority } from './azure-cloud.ts';
import { failureOf, meaningAtProxy } from './azure-errors.ts';
import { type SdkPolicy, unreadProxy } from './sdk-pipeline.ts';
import { keepTokens } from './token-cache.ts';

export const storageScope = 'https://storage.azure.com/.default';

/** Loaded only where somebody signs in this way: it is large. */
const identityLibrary = async () => {
  const library = await import('@azure/identity');
  library.useIdentityPlugin(keepTokens);
  return library;
};

/** Remembers how a request failed, of which the identity library tells little: it says that there is no authority. */
class LastTrouble {
  thrown: unknown;

  readonly policy: SdkPolicy = {
    name: 'lastTroublePolicy',
    sendRequest: async (request, next) => {
      try {
        return await proxyWayPolicy.sendRequest(request, next);
      } catch (thrown) {
        this.thrown = thrown;
        throw thrown;
      }
    },
  };
}

const authorityOptions = (authorityHost: string, { policy }: LastTrouble) => ({
  authorityHost,
  additionalPolicies: [{ policy, position: 'perRetry' as const }],
  proxyOptions: unreadProxy,
  // Of an authority of its own the public cloud knows nothing.
  disableInstanceDiscovery: !isKnownAuthority(authorityHost),
});

/** A credential that tells why it gave no token as an error of the catalogue. */
class SignedIn implements TokenCredential {
  readonly #signIn: EntraSignIn;
  readonly #trouble = new LastTrouble();
  #credential: Promise<TokenCredential> | null = null;

  constructor(signIn: EntraSignIn) {
    this.#signIn = signIn;
  }

  async getToken(...args: Parameters<TokenCredential['getToken']>) {
    this.#credential ??= build(this.#signIn, this.#trouble);
    this.#trouble.thrown = undefined;
    const credential = await this.#credential;
    try {
      return await credential.getToken(...args);
    } catch (thrown) {
      throw entraError(thrown, authorityIn(this.#signIn), this.#trouble);
    }
  }
}

const authorityIn = (signIn: EntraSignIn): string | null =>
  signIn.method === 'managedIdentity' ? null : signIn.authorityHost;

const build = async (signIn: EntraSignIn, trouble: LastTrouble): Promise<TokenCredential> => {
  const library = await identityLibrary();
  switch (signIn.method) {
    case 'environment': {
      const { tenantId, clientId, clientSecret, certificatePath } = signIn;
      const options = authorityOptions(signIn.authorityHost, trouble);
      return certificatePath === undefined
        ? new library.ClientSecretCredential(tenantId, clientId, clientSecret ?? '', options)
        : new library.ClientCertificateCredential(tenantId, clientId, certificatePath, options);
    }
    case 'deviceCode':
      return new library.DeviceCodeCredential({
        ...authorityOptions(signIn.authorityHost, trouble),
        ...(signIn.tenantId === undefined ? {} : { tenantId: signIn.tenantId }),
        authenticationRecord: library.deserializeAuthenticationRecord(signIn.record),
        tokenCachePersistenceOptions: { enabled: true, name: signIn.cachePath },
        // In a worker nobody would see the code: whoever signs in does so by request.
        disableAutomaticAuthentication: true,
      });
    case 'managedIdentity':
      return new library.ManagedIdentityCredential({
        ...(signIn.clientId === undefined ? {} : { clientId: signIn.clientId }),
        additionalPolicies: [{ policy: straightPolicy, position: 'perRetry' }],
        proxyOptions: unreadProxy,
      });
  }
};

const known = new Map<string, TokenCredential>();

/** The credential of a sign-in: one for each in a thread, so that tokens are asked for once. */
export const entraCredential = (signIn: EntraSignIn): TokenCredential => {
  const key = JSON.stringify(signIn);
  const credential = known.get(key) ?? new SignedIn(signIn);
  known.set(key, credential);
  return credential;
};

export interface CodeToType {
  readonly userCode: string;
  readonly verificationUri: string;
  readonly message: string;
  /** For how long somebody can sign in with it. */
  readonly lastsMs: number;
}

/** What the authority answers in its own words (RFC 8628, 3.2), which the identity library hands on without saying so. */
interface CodeAnswer {
  readonly expiresIn?: number;
}

/** What a code lasts where the authority does not say. */
const usualCodeMs = 900_000;

/**
 * Lets a person sign in with a code; resolves when it is done, with what brings tokens from then on.
 * @throws VAULT_ACCESS_DENIED, VAULT_UNREACHABLE; CANCELLED by its signal
 */
export const signInByCode = async (
  options: {
    readonly tenantId?: string | undefined;
    readonly authorityHost: string;
    readonly cachePath: string;
    readonly signal?: AbortSignal | undefined;
  },
  tell: (code: CodeToType) => void,
): Promise<EntraSignIn> => {
  const { tenantId, authorityHost, cachePath, signal } = options;
  const library = await identityLibrary();
  const trouble = new LastTrouble();
  const ofTenant = tenantId === undefined ? {} : { tenantId };
  const credential = new library.DeviceCodeCredential({
    ...authorityOptions(authorityHost, trouble),
    ...ofTenant,
    tokenCachePersistenceOptions: { enabled: true, name: cachePath },
    userPromptCallback: ({ expiresIn, ...code }: Omit<CodeToType, 'lastsMs'> & CodeAnswer) =>
      tell({ ...code, lastsMs: expiresIn === undefined ? usualCodeMs : expiresIn * 1000 }),
  });
  let record: AuthenticationRecord | undefined;
  try {
    const abortSignal = signal === undefined ? {} : { abortSignal: signal };
    record = await unlessCancelled(credential.authenticate(storageScope, abortSignal), signal);
  } catch (thrown) {
    throw entraError(thrown, authorityHost, trouble);
  }
  if (record === undefined) throw new ReplicationError('VAULT_ACCESS_DENIED', 'Nobody signed in.');
  const kept = library.serializeAuthenticationRecord(record);
  return { method: 'deviceCode', ...ofTenant, authorityHost, cachePath, record: kept };
};

/** The library itself ends only when it asks the authority again. */
const unlessCancelled = async <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  const cancel = () => reject(new ReplicationError('CANCELLED', 'The sign-in was cancelled.'));
  signal.addEventListener('abort', cancel);
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

interface IdentityFailure {
  readonly name?: string;
  readonly message?: string;
  readonly errorResponse?: { readonly error?: string };
}

const networkCode =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network_error|endpoints_resolution_error)\b/;

/** Without the request: what it holds may be a secret. */
const entraError = (
  thrown: unknown,
  authorityHost: string | null,
  trouble: LastTrouble,
): ReplicationError => {
  if (thrown instanceof ReplicationError) return thrown;
  if (trouble.thrown instanceof ReplicationError) return trouble.thrown;
  const { name = '', message = '' } = thrown as IdentityFailure;
  const text = (message.split('\n')[0] ?? '').slice(0, 300);
  const failure = authorityHost === null ? null : failureOf(trouble.thrown, authorityHost);
  const atProxy = failure === null ? null : meaningAtProxy(failure);
  const cause = new Error(failure === null ? `${name}: ${text}` : `${failure.code}: ${failure.message}`);
  if (atProxy !== null) {
    return new ReplicationError(atProxy.code, `${atProxy.sentence}: ${authorityHost}.`, { cause });
  }
  if (networkCode.test(message)) {
    return new ReplicationError('VAULT_UNREACHABLE', 'Microsoft Entra ID cannot be reached.', { cause });
  }
  const sentence =
    name === 'AuthenticationRequiredError'
      ? 'The sign-in with Microsoft Entra ID has ended'
      : 'Microsoft Entra ID does not sign in';
  return new ReplicationError('VAULT_ACCESS_DENIED', `${sentence}: renew it with hvrc vault sign-in.`, {
    cause,
  });
};
