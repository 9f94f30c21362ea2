import {
  AnonymousCredential,
  ContainerClient,
  newPipeline,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { ReplicationError } from '../../../contract/errors.ts';
import { proxyWayPolicy } from './agent-policy.ts';
import type { AzureAccess, AzureCredential } from './azure-access.ts';
import { entraCredential } from './entra-credential.ts';
import { agentFor } from './proxy-way.ts';
import { readSas } from './sas-token.ts';
import { addToTries, unreadProxy } from './sdk-pipeline.ts';
import { makeTimely } from './timely-policy.ts';

/** A single request is tried again at once for a hiccup; whatever lasts longer is the engine's to wait for. */
const retryOptions = { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000, tryTimeoutInMs: 100_000 };

/** How long a try waits for its answer. */
export const usualAnswerMs = 100_000;

/**
 * The container behind a vault, by way of the proxy if there is one.
 * @throws ReplicationError `VAULT_ACCESS_DENIED` of a signature that has expired, `PROXY_FAILED`
 */
export const openContainer = (
  { endpoint, credential }: AzureAccess,
  container: string,
  answerMs = usualAnswerMs,
): ContainerClient => {
  const url = `${endpoint}/${encodeURIComponent(container)}`;
  const isSigned = credential.kind === 'sas';
  if (isSigned) requireValid(credential.token, url);
  agentFor(url);
  const pipeline = newPipeline(credentialOf(credential), { retryOptions, proxyOptions: unreadProxy });
  const client = new ContainerClient(isSigned ? `${url}?${credential.token}` : url, pipeline);
  makeTimely(pipeline, answerMs);
  addToTries(pipeline, proxyWayPolicy);
  return client;
};

const credentialOf = (credential: AzureCredential) => {
  switch (credential.kind) {
    case 'accountKey':
      return new StorageSharedKeyCredential(credential.account, credential.key);
    case 'entra': {
      const { kind: _kind, ...signIn } = credential;
      return entraCredential(signIn);
    }
    case 'sas':
      return new AnonymousCredential();
  }
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
