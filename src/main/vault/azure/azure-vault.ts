import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { ReplicationError } from '../../../contract/errors.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { successorOf } from '../catalogue-record.ts';
import { unpaced, type WritePacer } from '../pacing/write-pacer.ts';
import type {
  ReplicaVault,
  VaultCheck,
  VaultInfo,
  VaultVm,
  VaultWriter,
  VmReplica,
  VmReplicaReader,
} from '../replica-vault.ts';
import { requireWriter } from '../vault-writer.ts';
import { type AzureAccess, isLoopback } from './azure-access.ts';
import { openContainer, publicUrl } from './azure-client.ts';
import { atAzure } from './azure-errors.ts';
import {
  encryptedVaultFormat,
  newVmRecord,
  parseVaultRecord,
  recordFormat,
  type VaultRecord,
} from './azure-record.ts';
import { AzureVmReader } from './azure-vm-reader.ts';
import { AzureVmReplica } from './azure-vm-replica.ts';
import { BlobPacer, serviceBlobLimits } from './blob-pacer.ts';
import { defaultThreads, mostThreads } from './page-limits.ts';
import type { UploadFlow } from './page-upload.ts';
import { readText, writeText } from './text-blob.ts';
import { checkContainer } from './vault-check.ts';
import { newVaultKey, openVaultKey, type VaultKey } from './vault-key.ts';
import { recordName, removedName, VmBlobs } from './vm-blobs.ts';

export interface AzureVaultOptions {
  readonly clock?: Pick<Clock, 'now'>;
  /** Requests of one disk in flight, 1–32; 4 unless given. */
  readonly threads?: number | undefined;
  /** The bandwidth limit. */
  readonly pacer?: WritePacer;
  /** What an encrypted vault is encrypted with. */
  readonly key?: VaultKey | undefined;
  /** How long a request waits for its answer; 100 seconds unless given. */
  readonly answerMs?: number;
}

/** How a person opens a vault that is encrypted. */
export interface Unlocking {
  readonly passphrase?: string | undefined;
  /** A vault that is made is encrypted. */
  readonly encrypt?: boolean | undefined;
}

export const vaultBlobName = 'vault.json';
const saveTries = 5;

/**
 * Opens the vault in a container. Creates nothing.
 * @throws VAULT_NOT_FOUND when the container is not there or is no vault; VAULT_PASSPHRASE_NEEDED, VAULT_PASSPHRASE_WRONG;
 *   VAULT_UNSUPPORTED, VAULT_CORRUPT, VAULT_*
 */
export const openAzureVault = async (
  name: string,
  access: AzureAccess,
  options: AzureVaultOptions & Unlocking = {},
): Promise<AzureVault> => {
  const container = openContainer(access, name, options.answerMs);
  const record = await readVault(container);
  if (record === null) throw notAVault(container);
  return new AzureVault(name, access, record.vaultId, {
    ...options,
    key: unlock(container, record, options),
  });
};

/**
 * Opens the vault in a container, making an absent container or an empty one first.
 * @throws VAULT_FOREIGN when it holds other blobs; else as `openAzureVault`
 */
export const createAzureVault = async (
  name: string,
  access: AzureAccess,
  options: AzureVaultOptions & Unlocking = {},
): Promise<AzureVault> => {
  const container = openContainer(access, name, options.answerMs);
  const url = publicUrl(container.url);
  try {
    if ((await readVault(container)) !== null) return openAzureVault(name, access, options);
    const first = await atAzure(url, () => container.listBlobsFlat().next());
    if (first.done !== true) {
      const text = `The container ${url} is not a vault and holds other blobs (${first.value.name}).`;
      throw new ReplicationError('VAULT_FOREIGN', text, { file: url });
    }
  } catch (error) {
    if (ReplicationError.from(error).code !== 'VAULT_NOT_FOUND') throw error;
    await atAzure(url, () => container.createIfNotExists());
  }
  const { clock = systemClock } = options;
  const record = newVaultRecord(clock.now(), options);
  await writeText(container, vaultBlobName, `${JSON.stringify(record, null, 2)}\n`, null);
  return openAzureVault(name, access, options);
};

const newVaultRecord = (createdAtMs: number, { passphrase, encrypt }: Unlocking): VaultRecord => {
  const vaultId = randomUUID();
  if (encrypt !== true) return { format: recordFormat, vaultId, createdAtMs };
  const { encryption } = newVaultKey(passphrase ?? '', vaultId);
  return { format: encryptedVaultFormat, vaultId, createdAtMs, encryption };
};

const readVault = async (container: ContainerClient): Promise<VaultRecord | null> => {
  const found = await readText(container, vaultBlobName);
  return found === null ? null : parseVaultRecord(`${publicUrl(container.url)}/${vaultBlobName}`, found.text);
};

/** The key of an encrypted vault; undefined for another. */
const unlock = (
  container: ContainerClient,
  { vaultId, encryption }: VaultRecord,
  { passphrase, encrypt }: Unlocking,
): VaultKey | undefined => {
  const file = publicUrl(container.url);
  if (encryption !== undefined) {
    if (passphrase === undefined) throw passphraseNeeded(file);
    return openVaultKey(encryption, passphrase, vaultId, file);
  }
  if (encrypt !== true) return undefined;
  const text = `The container ${file} holds a vault that is not encrypted; that is chosen when a vault is made.`;
  throw new ReplicationError('INPUT_INVALID', text, { file });
};

const passphraseNeeded = (file: string): ReplicationError =>
  new ReplicationError('VAULT_PASSPHRASE_NEEDED', `The vault in ${file} is encrypted.`, { file });

const notAVault = (container: ContainerClient): ReplicationError => {
  const url = publicUrl(container.url);
  return new ReplicationError('VAULT_NOT_FOUND', `The container ${url} holds no vault.`, { file: url });
};

/** A vault in a container of a storage account. docs/vault-format.md describes what is in it. */
export class AzureVault implements ReplicaVault {
  readonly kind = 'azure';
  readonly target: string;
  readonly #container: ContainerClient;
  readonly #vaultId: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #flow: UploadFlow;
  readonly #key: VaultKey | null;
  #asserted: Promise<void> | null = null;

  constructor(name: string, access: AzureAccess, vaultId: string, options: AzureVaultOptions = {}) {
    this.target = `azure:${name}`;
    this.#container = openContainer(access, name, options.answerMs);
    this.#vaultId = vaultId;
    this.#clock = options.clock ?? systemClock;
    this.#key = options.key ?? null;
    const limits = isLoopback(new URL(access.endpoint)) ? null : serviceBlobLimits;
    this.#flow = {
      threads: Math.min(mostThreads, Math.max(1, options.threads ?? defaultThreads)),
      pacer: options.pacer ?? unpaced,
      blobPacer: () => new BlobPacer(limits),
    };
  }

  /** A secret; null for a vault that is not encrypted. */
  get encryptionKey(): string | null {
    return this.#key === null ? null : Buffer.from(this.#key).toString('base64');
  }

  async info(): Promise<VaultInfo> {
    await this.#assertVault();
    return {
      vaultId: this.#vaultId,
      kind: this.kind,
      target: this.target,
      freeBytes: null,
      totalBytes: null,
    };
  }

  async check(): Promise<readonly VaultCheck[]> {
    return checkContainer(this.#container, () => this.#readVault());
  }

  /** A VM whose `vm.json` is damaged is left out, so that the others can be brought back. */
  async listVms(): Promise<readonly VaultVm[]> {
    await this.#assertVault();
    const prefixes: string[] = [];
    await atAzure(publicUrl(this.#container.url), async () => {
      for await (const item of this.#container.listBlobsByHierarchy('/')) {
        if (item.kind === 'prefix') prefixes.push(item.name);
      }
    });
    const vms: VaultVm[] = [];
    for (const prefix of prefixes) {
      try {
        const found = await new VmBlobs(this.#container, prefix.slice(0, -1), this.#key, prefix).findRecord();
        if (found !== null) vms.push(found.record.vm);
      } catch (error) {
        if (ReplicationError.from(error).code !== 'VAULT_CORRUPT') throw error;
      }
    }
    return vms;
  }

  async saveVm(vm: VaultVm, options: { readonly takeOver?: boolean } = {}): Promise<void> {
    await this.#assertVault();
    const blobs = this.#blobsOf(vm.vmId);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#save(blobs, vm, options.takeOver === true);
      } catch (error) {
        // A commit came between reading and writing.
        if (ReplicationError.from(error).code !== 'VAULT_WRITE_FAILED' || tries === saveTries) throw error;
      }
    }
  }

  async openVm(vmId: string, writer: VaultWriter): Promise<VmReplica> {
    await this.#assertVault();
    const blobs = this.#blobsOf(vmId);
    const { record } = await blobs.readRecord();
    const replica = new AzureVmReplica(blobs, record.vm, writer, this.#flow);
    await replica.recover();
    return replica;
  }

  async readVm(vmId: string): Promise<VmReplicaReader> {
    await this.#assertVault();
    const blobs = this.#blobsOf(vmId);
    const { record } = await blobs.readRecord();
    return new AzureVmReader(blobs, record.vm);
  }

  async removeVm(vmId: string): Promise<void> {
    await this.#assertVault();
    const blobs = this.#blobsOf(vmId);
    await blobs.readRecord();
    // Without its record the VM is none any more; what a crash leaves of it goes with the next change.
    await writeText(this.#container, blobs.prefix + removedName, '');
    await blobs.remove(recordName);
    await this.#finishRemoval(blobs);
  }

  async close(): Promise<void> {}

  async #save(blobs: VmBlobs, vm: VaultVm, takeOver: boolean): Promise<void> {
    const found = await blobs.findRecord();
    if (found === null) {
      await this.#finishRemoval(blobs);
      await blobs.writeRecord(newVmRecord(vm, this.#clock.now()), null);
      return;
    }
    const { record, etag } = found;
    if (!takeOver) requireWriter(record, vm.writer, blobs.recordUrl);
    const sameWriter = record.vm.writer.installationId === vm.writer.installationId;
    const writerSinceMs = sameWriter ? record.writerSinceMs : this.#clock.now();
    await blobs.writeRecord(
      { ...record, vm: successorOf(record.vm, vm, record.points), writerSinceMs },
      etag,
    );
    if (sameWriter) return;
    // What the former writer still has in flight is refused from here on.
    const names = [...record.disks, ...record.points.flatMap(({ disks }) => disks)];
    for (const name of new Set(names.flatMap(({ data, digests }) => [data, digests])))
      await blobs.breakLease(name);
  }

  /** Deletes everything of a VM that has no record; the mark of its removal last. */
  async #finishRemoval(blobs: VmBlobs): Promise<void> {
    const names: string[] = [];
    await atAzure(blobs.recordUrl, async () => {
      for await (const { name } of this.#container.listBlobsFlat({ prefix: blobs.prefix })) {
        names.push(name.slice(blobs.prefix.length));
      }
    });
    for (const name of names) if (name !== removedName) await blobs.removePages(name);
    if (names.includes(removedName)) await blobs.remove(removedName);
  }

  #blobsOf(vmId: string): VmBlobs {
    return new VmBlobs(this.#container, vmId, this.#key);
  }

  /** Once for an instance: what happens to the container later shows in every request. */
  #assertVault(): Promise<void> {
    this.#asserted ??= this.#readVault().catch((error: unknown) => {
      this.#asserted = null;
      throw error;
    });
    return this.#asserted;
  }

  async #readVault(): Promise<void> {
    const found = await readVault(this.#container);
    if (found === null) throw notAVault(this.#container);
    const url = publicUrl(this.#container.url);
    if (found.vaultId === this.#vaultId) {
      if ((found.encryption === undefined) === (this.#key === null)) return;
      if (this.#key === null) throw passphraseNeeded(url);
      // Nothing goes unencrypted into a vault that was encrypted, whoever says it is not.
      const text = `The vault in ${url} is not encrypted any more.`;
      throw new ReplicationError('VAULT_CORRUPT', text, { file: url });
    }
    const text = `${url} holds another vault (${found.vaultId}) than the one expected (${this.#vaultId}).`;
    throw new ReplicationError('VAULT_FOREIGN', text, { file: url });
  }
}
