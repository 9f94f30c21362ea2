import type { ContainerClient } from '@azure/storage-blob';
import { publicUrl } from './azure-client.ts';
import { atAzure, azureError, isStatus } from './azure-errors.ts';

/** Small block blobs that are replaced as a whole: the catalogue and its notes. */

export interface TextBlob {
  readonly text: string;
  readonly etag: string;
}

/** Null when the blob is not there; a missing container is an error. */
export const readText = async (container: ContainerClient, name: string): Promise<TextBlob | null> => {
  const client = container.getBlobClient(name);
  try {
    const answer = await client.download();
    const chunks: Buffer[] = [];
    for await (const chunk of answer.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
    return { text: Buffer.concat(chunks).toString('utf8'), etag: answer.etag ?? '' };
  } catch (thrown) {
    const error = azureError(thrown, publicUrl(client.url));
    if (isStatus(thrown, 404) && error.code === 'REPLICA_MISSING') return null;
    throw error;
  }
};

/** `etag`: what the blob must have now, null when it must not exist, left out when it does not matter. */
export const writeText = async (
  container: ContainerClient,
  name: string,
  text: string,
  etag?: string | null,
): Promise<string> => {
  const client = container.getBlockBlobClient(name);
  const bytes = Buffer.from(text);
  const conditions = etag === undefined ? {} : etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag };
  try {
    return (await client.upload(bytes, bytes.length, { conditions })).etag ?? '';
  } catch (thrown) {
    // The answer to an earlier try may have been lost: then the blob holds what was to be written.
    if (etag !== undefined && isStatus(thrown, 409, 412)) {
      const found = await readText(container, name);
      if (found?.text === text) return found.etag;
    }
    throw azureError(thrown, publicUrl(client.url));
  }
};

export const removeText = async (container: ContainerClient, name: string): Promise<void> => {
  const client = container.getBlobClient(name);
  await atAzure(publicUrl(client.url), () => client.deleteIfExists());
};
