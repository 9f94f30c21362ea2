import { AnonymousCredential, ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { AzureAccess } from './azure-access.ts';

/** A single request is tried again at once for a hiccup; whatever lasts longer is the engine's to wait for. */
const retryOptions = { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000, tryTimeoutInMs: 100_000 };

/** The container behind a vault. `HTTPS_PROXY` and `NO_PROXY` are honoured by the SDK. */
export const openContainer = ({ endpoint, credential }: AzureAccess, container: string): ContainerClient => {
  const url = `${endpoint}/${encodeURIComponent(container)}`;
  if (credential.kind === 'accountKey') {
    const { account, key } = credential;
    return new ContainerClient(url, new StorageSharedKeyCredential(account, key), { retryOptions });
  }
  return new ContainerClient(`${url}?${credential.token}`, new AnonymousCredential(), { retryOptions });
};

/** A blob's address without the signature that a client's URL may carry. */
export const publicUrl = (url: string): string => url.split('?')[0] ?? url;
