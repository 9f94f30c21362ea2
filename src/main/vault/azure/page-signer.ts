import { type PageBlobClient, StorageSharedKeyCredential } from '@azure/storage-blob';

/** Headers of a request, by their names in lower case. */
export type RequestHeaders = Record<string, string | number>;

/** Adds to a PUT request's headers what proves who sends it. */
export type PageSigner = (headers: RequestHeaders) => Promise<void>;

const tokenScope = 'https://storage.azure.com/.default';
/** A token is renewed this long before it ends. */
const tokenReserveMs = 5 * 60_000;

/** A signer for `Put Page` requests to one blob, with the sign-in that the SDK's client has. */
export const pageSignerOf = ({ credential, accountName, url }: PageBlobClient): PageSigner => {
  if (credential instanceof StorageSharedKeyCredential) {
    const resource = `/${accountName}${new URL(url).pathname}\ncomp:page`;
    return async (headers) => {
      const signature = credential.computeHMACSHA256(stringToSign(headers, resource));
      headers.authorization = `SharedKey ${accountName}:${signature}`;
    };
  }
  // A shared access signature is in the address already.
  if (!('getToken' in credential)) return async () => {};
  let token: { readonly token: string; readonly expiresOnTimestamp: number } | null = null;
  return async (headers) => {
    if (token === null || Date.now() > token.expiresOnTimestamp - tokenReserveMs) {
      token = await credential.getToken(tokenScope);
    }
    if (token !== null) headers.authorization = `Bearer ${token.token}`;
  };
};

/** "Authorize with Shared Key", Blob service: the standard headers in their order, then `x-ms-*` sorted, then the resource. */
const stringToSign = (headers: RequestHeaders, resource: string): string => {
  const standard = [
    'content-encoding',
    'content-language',
    'content-length',
    'content-md5',
    'content-type',
    'date',
    'if-modified-since',
    'if-match',
    'if-none-match',
    'if-unmodified-since',
    'range',
  ];
  const service = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort();
  return [
    'PUT',
    ...standard.map((name) => headers[name] ?? ''),
    ...service.map((name) => `${name}:${headers[name]}`),
    resource,
  ].join('\n');
};
