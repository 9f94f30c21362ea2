import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { ReplicationError } from '../../../contract/errors.ts';
import type { VaultCheck } from '../replica-vault.ts';
import { publicUrl } from './azure-client.ts';
import { azureError, lacksRight } from './azure-errors.ts';
import { sectorBytes } from './page-limits.ts';
import { PageWriter } from './page-writer.ts';
import { readPages } from './read-pages.ts';
import { leaseIdOf } from './vm-blobs.ts';

/**
 * Tries each thing that replication does in a container; what it makes it removes again. What a right is called at the
 * service ("Create a service SAS"; "Permissions for blob service operations" for Entra ID):
 *
 * | right    | a signature's letters | Entra ID (all in Storage Blob Data Contributor)   |
 * |----------|-----------------------|---------------------------------------------------|
 * | read     | r                     | blobs/read                                        |
 * | list     | l                     | blobs/read                                        |
 * | write    | w (lease, pages)      | blobs/write                                       |
 * | snapshot | w, or c               | blobs/write, or blobs/add/action                  |
 * | delete   | d (snapshots as well) | blobs/delete                                      |
 *
 * A signature that may write may take snapshots too: that right is missing alone only where the service refuses
 * snapshots themselves, as an account with a hierarchical namespace or the emulator for a container's signature.
 *
 * @param reach reads the catalogue of the vault
 */
export const checkContainer = async (
  container: ContainerClient,
  reach: () => Promise<void>,
): Promise<VaultCheck[]> => {
  const checks: VaultCheck[] = [];
  const attempt = async (right: VaultCheck['right'], work: () => Promise<string>): Promise<boolean> => {
    try {
      checks.push({ right, passed: true, detail: await work() });
      return true;
    } catch (thrown) {
      const { message } = azureError(thrown, publicUrl(container.url));
      checks.push({ right, passed: false, detail: `The right to ${right} is missing or fails. ${message}` });
      return false;
    }
  };
  let refusal: unknown = null;
  const reached = await attempt('reach', async () => {
    try {
      await reach();
    } catch (thrown) {
      // Who is told that a right is missing has been let in.
      if (!lacksRight(ReplicationError.from(thrown))) throw thrown;
      refusal = thrown;
    }
    return publicUrl(container.url);
  });
  if (!reached) return checks;
  const reads = await attempt('read', async () => {
    if (refusal !== null) throw refusal;
    return 'The catalogue of the vault was read.';
  });
  await attempt('list', async () => {
    await container.listBlobsFlat().byPage({ maxPageSize: 1 }).next();
    return 'The blobs were listed.';
  });
  if (reads) await tryPages(container, attempt);
  return checks;
};

const tryPages = async (
  container: ContainerClient,
  attempt: (right: VaultCheck['right'], work: () => Promise<string>) => Promise<boolean>,
): Promise<void> => {
  const id = randomUUID();
  const name = `.hvrc-check-${id}`;
  const blob = container.getPageBlobClient(name);
  const leaseId = leaseIdOf({ installationId: id, name: '' }, id);
  const content = Buffer.alloc(sectorBytes, id);
  const written = await attempt('write', async () => {
    await blob.create(sectorBytes);
    const lease = blob.getBlobLeaseClient(leaseId);
    await lease.acquireLease(-1);
    await new PageWriter({ client: blob, leaseId }).write([content], 0);
    await lease.releaseLease();
    const found = Buffer.alloc(sectorBytes);
    await readPages(blob, found, 0);
    if (!found.equals(content)) throw new Error('The blob read back differs from what was written.');
    return 'A page blob was created, leased, written and read back.';
  });
  if (!written) return;
  let snapshot: string | undefined;
  await attempt('snapshot', async () => {
    snapshot = (await blob.createSnapshot()).snapshot;
    return 'A snapshot was taken.';
  });
  await attempt('delete', async () => {
    try {
      if (snapshot !== undefined) await blob.withSnapshot(snapshot).delete();
      await blob.delete();
    } catch (thrown) {
      throw azureError(thrown, `${publicUrl(container.url)}; the blob ${name} stays there`);
    }
    return snapshot === undefined ? 'The blob was deleted.' : 'Snapshot and blob were deleted.';
  });
};
