import { AnonymousCredential, ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { ReplicationError } from '../../../contract/errors.ts';
import type { AzureAccess } from './azure-access.ts';
import { entraCredential } from './entra-credential.ts';
import { readSas } from './sas-token.ts';

/** A single request is tried again at once for a hiccup; whatever lasts longer is the engine's to wait for. */
const retryOptions = { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000, tryTimeoutInMs: 100_000 };

/** The container behind a vault. `HTTPS_PROXY` and `NO_PROXY` are honoured by the SDK. */
export const openContainer = ({ endpoint, credential }: AzureAccess, container: string): ContainerClient => {
  const url = `${endpoint}/${encodeURIComponent(container)}`;
  if (credential.kind === 'accountKey') {
    const { account, key } = credential;
    return new ContainerClient(url, new StorageSharedKeyCredential(account, key), { retryOptions });
  }
  if (credential.kind === 'entra') {
    const { kind: _kind, ...signIn } = credential;
    return new ContainerClient(url, entraCredential(signIn), { retryOptions });
  }
  requireValid(credential.token, url);
  return new ContainerClient(`${url}?${credential.token}`, new AnonymousCredential(), { retryOptions });
};

/** The service would only say that the signature is no good. */
const requireValid = (token: string, file: string): void => {
  const { expiresAtMs } = readSas(token);
  if (expiresAtMs === null || expiresAtMs > Date.now()) return;
  const at = new Date(expiresAtMs).toISOString();
  const text = `The signature that gives access to the storage account has expired, on ${at}.`;
  throw new ReplicationError('VAULT_ACCESS_DENIED', text, { file });
};

/** A blob's address without the signature that a client's URL may carry. */
export const publicUrl = (url: string): string => url.split('?')[0] ?? url;
