import { ReplicationError } from '../../../contract/errors.ts';

/**
 * How to reach a storage account: plain data, so that it crosses threads. It holds a secret: it is kept in the secret
 * store and goes into no log, report or error.
 */
export interface AzureAccess {
  /** The blob service, e.g. `https://account.blob.core.windows.net`, without a slash at the end. */
  readonly endpoint: string;
  readonly credential: AzureCredential;
}

export type AzureCredential =
  | { readonly kind: 'accountKey'; readonly account: string; readonly key: string }
  /** A shared access signature, without the question mark. */
  | { readonly kind: 'sas'; readonly token: string }
  | ({ readonly kind: 'entra' } & EntraSignIn);

/** Microsoft Entra ID: a service principal, a person who typed a code, or the machine itself. */
export type EntraSignIn =
  | {
      readonly method: 'environment';
      readonly tenantId: string;
      readonly clientId: string;
      readonly clientSecret?: string;
      readonly certificatePath?: string;
      readonly authorityHost: string;
    }
  | {
      readonly method: 'deviceCode';
      readonly tenantId?: string;
      readonly authorityHost: string;
      /** Who signed in, as the identity library wants it back. */
      readonly record: string;
      /** File of the tokens. */
      readonly cachePath: string;
    }
  | { readonly method: 'managedIdentity'; readonly clientId?: string };

/** The emulator's account is the same everywhere and public. */
const developmentStorage =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;' +
  'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;' +
  'BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1';

/**
 * Reads a connection string as the Azure portal shows it, with an account key or a shared access signature, for the
 * public or a sovereign cloud.
 * @throws ReplicationError `INPUT_INVALID`, without a word of what the string holds
 */
export const parseConnectionString = (text: string): AzureAccess => {
  const fields = fieldsOf(text);
  if (fields.get('usedevelopmentstorage') === 'true') return parseConnectionString(developmentStorage);
  const account = fields.get('accountname');
  const key = fields.get('accountkey');
  const sas = fields.get('sharedaccesssignature');
  const endpoint = checkedEndpoint(fields.get('blobendpoint') ?? endpointOf(fields, account));
  if (sas !== undefined) return { endpoint, credential: { kind: 'sas', token: sas.replace(/^\?/, '') } };
  if (account === undefined || key === undefined)
    throw invalid('It names neither an account key nor a signature.');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) throw invalid('Its account key is not complete.');
  return { endpoint, credential: { kind: 'accountKey', account, key } };
};

/**
 * Refuses endpoints over which a secret or the data could be read by others.
 * @throws ReplicationError `INPUT_INVALID`
 */
export const checkedEndpoint = (endpoint: string): string => {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw invalid('Its blob endpoint is not an address.');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    throw invalid(`Its blob endpoint ${url.origin} must be reached over https.`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
};

/** Whether the service is on this machine: the emulator, which has no limits. */
export const isLoopback = ({ hostname }: Pick<URL, 'hostname'>): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

const fieldsOf = (text: string): Map<string, string> => {
  const fields = new Map<string, string>();
  for (const part of text.trim().split(';')) {
    const at = part.indexOf('=');
    if (at > 0) fields.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  return fields;
};

const endpointOf = (fields: ReadonlyMap<string, string>, account: string | undefined): string => {
  if (account === undefined) throw invalid('It names neither an account nor a blob endpoint.');
  const protocol = fields.get('defaultendpointsprotocol') ?? 'https';
  return `${protocol}://${account}.blob.${fields.get('endpointsuffix') ?? 'core.windows.net'}`;
};

const invalid = (why: string): ReplicationError =>
  new ReplicationError('INPUT_INVALID', `The storage account's connection string cannot be used. ${why}`);
