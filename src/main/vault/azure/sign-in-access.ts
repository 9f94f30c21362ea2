import { ReplicationError } from '../../../contract/errors.ts';
import type { SignIn } from '../../../contract/sign-in.ts';
import { type AzureAccess, parseConnectionString } from './azure-access.ts';
import { accountOfEndpoint, authorityOf, endpointOfAccount } from './azure-cloud.ts';
import { type CodeToType, signInByCode } from './entra-credential.ts';

export interface SignInTools {
  /** Where the tokens of a person's sign-in are kept. */
  readonly cachePath: string;
  /** Who signs people in where a sign-in names nobody; else it follows from the account's cloud. */
  readonly authorityHost?: string | undefined;
  /** Shows a person the code to type. */
  tell(code: CodeToType): void;
  /** Ends the waiting for that person. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a person gave, as plain data that opens the account. With a device code it resolves when the person has signed in.
 * @throws INPUT_INVALID, VAULT_ACCESS_DENIED, VAULT_UNREACHABLE, CANCELLED
 */
export const accessOf = async (signIn: SignIn, tools: SignInTools): Promise<AzureAccess> => {
  if (signIn.kind === 'connectionString') return parseConnectionString(signIn.connectionString);
  const endpoint = endpointOfAccount(signIn.account);
  const usualAuthority = tools.authorityHost ?? authorityOf(endpoint);
  switch (signIn.kind) {
    case 'accountKey': {
      const { key } = signIn;
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
        throw new ReplicationError('INPUT_INVALID', 'The key of the storage account is not complete.');
      }
      return { endpoint, credential: { kind: 'accountKey', account: accountOfEndpoint(endpoint), key } };
    }
    case 'sas': {
      const token = signIn.token.replace(/^\?/, '');
      if (!new URLSearchParams(token).has('sig')) {
        throw new ReplicationError('INPUT_INVALID', 'The shared access signature is not complete.');
      }
      return { endpoint, credential: { kind: 'sas', token } };
    }
    case 'environment': {
      const { tenantId, clientId, clientSecret, certificatePath } = signIn;
      if (clientSecret === undefined && certificatePath === undefined) {
        const text = 'The service principal has neither a secret nor a certificate.';
        throw new ReplicationError('INPUT_INVALID', text);
      }
      return {
        endpoint,
        credential: {
          kind: 'entra',
          method: 'environment',
          tenantId,
          clientId,
          ...(clientSecret === undefined ? {} : { clientSecret }),
          ...(certificatePath === undefined ? {} : { certificatePath }),
          authorityHost: signIn.authorityHost ?? usualAuthority,
        },
      };
    }
    case 'deviceCode': {
      const { tenantId, authorityHost = usualAuthority } = signIn;
      const { cachePath, signal } = tools;
      const signedIn = await signInByCode({ tenantId, authorityHost, cachePath, signal }, (code) =>
        tools.tell(code),
      );
      return { endpoint, credential: { kind: 'entra', ...signedIn } };
    }
    case 'managedIdentity': {
      const { clientId } = signIn;
      const whose = clientId === undefined ? {} : { clientId };
      return { endpoint, credential: { kind: 'entra', method: 'managedIdentity', ...whose } };
    }
  }
};
