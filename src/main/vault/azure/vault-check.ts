import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { VaultCheck } from '../replica-vault.ts';
import { publicUrl } from './azure-client.ts';
import { azureError } from './azure-errors.ts';
import { sectorBytes } from './page-limits.ts';
import { PageWriter } from './page-writer.ts';
import { readPages } from './read-pages.ts';
import { leaseIdOf } from './vm-blobs.ts';

/** Tries each thing that replication does in a container; what it makes it removes again. */
export const checkContainer = async (
  container: ContainerClient,
  reach: () => Promise<void>,
): Promise<VaultCheck[]> => {
  const checks: VaultCheck[] = [];
  const attempt = async (right: VaultCheck['right'], work: () => Promise<string>): Promise<void> => {
    try {
      checks.push({ right, passed: true, detail: await work() });
    } catch (thrown) {
      const { message } = azureError(thrown, publicUrl(container.url));
      checks.push({ right, passed: false, detail: `The right to ${right} is missing or fails. ${message}` });
    }
  };
  const id = randomUUID();
  const blob = container.getPageBlobClient(`.hvrc-check-${id}`);
  const leaseId = leaseIdOf({ installationId: id, name: '' }, id);
  const content = Buffer.alloc(sectorBytes, id);
  await attempt('reach', async () => {
    await reach();
    return publicUrl(container.url);
  });
  if (checks[0]?.passed !== true) return checks;
  let snapshot: string | undefined;
  await attempt('write', async () => {
    await blob.create(sectorBytes);
    const lease = blob.getBlobLeaseClient(leaseId);
    await lease.acquireLease(-1);
    await new PageWriter({ client: blob, leaseId }).write(content, 0);
    await lease.releaseLease();
    return 'A page blob was created, leased and written.';
  });
  if (checks[1]?.passed !== true) return checks;
  await attempt('read', async () => {
    const found = Buffer.alloc(sectorBytes);
    await readPages(blob, found, 0);
    if (!found.equals(content)) throw new Error('The blob read back differs from what was written.');
    return 'The blob was read back.';
  });
  await attempt('snapshot', async () => {
    snapshot = (await blob.createSnapshot()).snapshot;
    return 'A snapshot was taken.';
  });
  await attempt('delete', async () => {
    if (snapshot !== undefined) await blob.withSnapshot(snapshot).delete();
    await blob.delete();
    return 'Snapshot and blob were deleted.';
  });
  return checks;
};
