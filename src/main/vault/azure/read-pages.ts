import type { PageBlobClient } from '@azure/storage-blob';

/** Fills `target` from a page blob or a snapshot of one. */
export const readPages = async (client: PageBlobClient, target: Buffer, offset: number): Promise<void> => {
  if (target.length === 0) return;
  await client.downloadToBuffer(target, offset, target.length, { maxRetryRequestsPerBlock: 1 });
};
