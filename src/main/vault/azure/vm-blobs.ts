import { createHash } from 'node:crypto';
import type { ContainerClient, PageBlobClient } from '@azure/storage-blob';
import { ReplicationError } from '../../../contract/errors.ts';
import type { VaultWriter } from '../replica-vault.ts';
import { publicUrl } from './azure-client.ts';
import { atAzure, azureError, isStatus } from './azure-errors.ts';
import {
  type DeltaNote,
  type InitialNote,
  parseDeltaNote,
  parseInitialNote,
  parseVmRecord,
  type VmRecord,
} from './azure-record.ts';
import { plainCipher, type ReplicaCipher, replicaCipher } from './replica-cipher.ts';
import { readText, removeText, writeText } from './text-blob.ts';
import type { VaultKey } from './vault-key.ts';

export const recordName = 'vm.json';
/** Beside what is left of a VM whose removal is not finished. */
export const removedName = 'vm.json.removed';

/** Ids come from hosts; one that does not fit a blob's name is replaced by its digest. */
export const nameOf = (id: string): string =>
  /^[\w-][\w.-]{0,99}$/.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 32);

/** The blobs of one VM: everything below `<vm>/` in the container. */
export class VmBlobs {
  readonly container: ContainerClient;
  readonly vmId: string;
  readonly prefix: string;
  readonly #key: VaultKey | null;

  /** `key`: of an encrypted vault, else null. */
  constructor(container: ContainerClient, vmId: string, key: VaultKey | null, prefix = `${nameOf(vmId)}/`) {
    this.container = container;
    this.vmId = vmId;
    this.#key = key;
    this.prefix = prefix;
  }

  get isEncrypted(): boolean {
    return this.#key !== null;
  }

  /** For the content of a replica, by the name of its data blob, and for the digests beside it. */
  cipher(data: string): ReplicaCipher {
    return this.#key === null ? plainCipher : replicaCipher(this.#key, this.prefix + data);
  }

  pages(name: string): PageBlobClient {
    return this.container.getPageBlobClient(this.prefix + name);
  }

  /** Address without a secret. */
  url(name: string): string {
    return publicUrl(this.pages(name).url);
  }

  get recordUrl(): string {
    return this.url(recordName);
  }

  async findRecord(): Promise<{ readonly record: VmRecord; readonly etag: string } | null> {
    const found = await readText(this.container, this.prefix + recordName);
    return found === null ? null : { record: parseVmRecord(this.recordUrl, found.text), etag: found.etag };
  }

  /** @throws REPLICA_MISSING */
  async readRecord(): Promise<{ readonly record: VmRecord; readonly etag: string }> {
    const found = await this.findRecord();
    if (found !== null) return found;
    const text = `The vault ${publicUrl(this.container.url)} holds no VM with the id ${this.vmId}.`;
    throw new ReplicationError('REPLICA_MISSING', text, { file: this.recordUrl });
  }

  /** Replaces the record that has `etag`, null for none; returns the new ETag. @throws VAULT_WRITE_FAILED when it is another */
  writeRecord(record: VmRecord, etag: string | null): Promise<string> {
    return writeText(this.container, this.prefix + recordName, `${JSON.stringify(record, null, 2)}\n`, etag);
  }

  /** ETag of the record as it is now; null when there is none. */
  recordEtag(): Promise<string | null> {
    return this.etag(recordName);
  }

  async readInitial(diskId: string): Promise<InitialNote | null> {
    const name = initialName(diskId);
    const found = await readText(this.container, this.prefix + name);
    return found === null ? null : parseInitialNote(this.url(name), found.text);
  }

  async writeInitial(note: InitialNote): Promise<void> {
    await writeText(this.container, this.prefix + initialName(note.diskId), JSON.stringify(note));
  }

  async readDelta(diskId: string): Promise<DeltaNote | null> {
    const name = deltaName(diskId);
    const found = await readText(this.container, this.prefix + name);
    return found === null ? null : parseDeltaNote(this.url(name), found.text);
  }

  async writeDelta(note: DeltaNote): Promise<void> {
    await writeText(this.container, this.prefix + deltaName(note.diskId), JSON.stringify(note));
  }

  remove(name: string): Promise<void> {
    return removeText(this.container, this.prefix + name);
  }

  /** ETag and length of a blob; null when it is not there. */
  async head(name: string): Promise<{ readonly etag: string; readonly length: number } | null> {
    try {
      const { etag, contentLength } = await this.pages(name).getProperties();
      return { etag: etag ?? '', length: contentLength ?? 0 };
    } catch (thrown) {
      if (isMissingBlob(thrown)) return null;
      throw azureError(thrown, this.url(name));
    }
  }

  /** Deletes a page blob with its snapshots, whoever leased it. */
  async removePages(name: string): Promise<void> {
    const client = this.pages(name);
    try {
      await client.getBlobLeaseClient().breakLease(0);
    } catch (thrown) {
      // Not there, or not leased.
      if (!isStatus(thrown, 404, 409)) throw azureError(thrown, this.url(name));
    }
    await atAzure(this.url(name), () => client.deleteIfExists({ deleteSnapshots: 'include' }));
  }

  async removeSnapshot(name: string, snapshot: string): Promise<void> {
    await atAzure(this.url(name), () => this.pages(name).withSnapshot(snapshot).deleteIfExists());
  }

  /**
   * Takes the lease of a page blob for an installation, from whoever has it: the record says who may write, the lease
   * enforces it. It does not run out, and an installation always asks for the same one, so that a crash leaves nothing to
   * wait for. False when the blob is not there.
   */
  async lease(name: string, leaseId: string): Promise<boolean> {
    const lease = this.pages(name).getBlobLeaseClient(leaseId);
    try {
      try {
        await lease.acquireLease(-1);
      } catch (thrown) {
        if (!isStatus(thrown, 409)) throw thrown;
        await lease.breakLease(0);
        await lease.acquireLease(-1);
      }
      return true;
    } catch (thrown) {
      if (isMissingBlob(thrown)) return false;
      throw azureError(thrown, this.url(name));
    }
  }

  /** Ends the right of whoever writes the page blob. */
  async breakLease(name: string): Promise<void> {
    try {
      await this.pages(name).getBlobLeaseClient().breakLease(0);
    } catch (thrown) {
      if (!isStatus(thrown, 404, 409)) throw azureError(thrown, this.url(name));
    }
  }

  private async etag(name: string): Promise<string | null> {
    return (await this.head(name))?.etag ?? null;
  }
}

export const initialName = (diskId: string): string => `${nameOf(diskId)}.initial.json`;
export const deltaName = (diskId: string): string => `${nameOf(diskId)}.delta.json`;

const isMissingBlob = (thrown: unknown): boolean =>
  isStatus(thrown, 404) && azureError(thrown, '').code === 'REPLICA_MISSING';

/** The lease that an installation takes on the blobs of a VM: always the same. */
export const leaseIdOf = ({ installationId }: VaultWriter, vmId: string): string => {
  const hex = createHash('sha256').update(`${installationId}\n${vmId}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
};
