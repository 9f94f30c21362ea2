import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createDirectory } from '../../platform/create-directory.ts';
import { successorOf } from '../catalogue-record.ts';
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
import { DirectoryVmReader } from './directory-vm-reader.ts';
import { DirectoryVmReplica } from './directory-vm-replica.ts';
import { vmFolderName } from './file-names.ts';
import { nodeFileOps, type VaultFileOps } from './file-ops.ts';
import { checkDirectory } from './vault-check.ts';
import { atVault, unreachable, vaultError, vaultFileName } from './vault-errors.ts';
import { assertVaultAt, hiddenFolder, recordFileName, VmFolder } from './vm-folder.ts';
import { newVmRecord, parseVaultRecord, parseVmRecord, recordFormat, type VmRecord } from './vm-record.ts';

export interface DirectoryVaultOptions {
  readonly clock?: Pick<Clock, 'now'>;
  readonly fileOps?: VaultFileOps;
}

/** What systems put into the root of a volume by themselves: a drive with nothing else counts as empty. */
const systemEntries =
  /^(system volume information|\$recycle\.bin|lost\+found|\.trash.*|\.ds_store|\.spotlight.*|\.fseventsd|desktop\.ini|thumbs\.db|vault\.json\.tmp)$/i;

/**
 * Opens the vault in a directory.
 * @throws VAULT_UNREACHABLE when there is none (a drive that is not mounted looks like that), VAULT_FOREIGN when it is
 *   not the expected one, VAULT_UNSUPPORTED, VAULT_CORRUPT, VAULT_ACCESS_DENIED
 */
export const openDirectoryVault = (
  path: string,
  options: DirectoryVaultOptions = {},
): Promise<DirectoryVault> => {
  const root = resolve(path);
  const { clock = systemClock, fileOps = nodeFileOps } = options;
  return atVault(root, () => {
    const file = join(root, vaultFileName);
    const text = fileOps.readText(file);
    if (text === null) throw unreachable(root);
    const { vaultId } = parseVaultRecord(file, text);
    return new DirectoryVault(root, vaultId, fileOps, clock);
  });
};

/**
 * Opens the vault in a directory, making an absent or empty directory one first.
 * @throws VAULT_FOREIGN when it holds other files; else as `openDirectoryVault`
 */
export const createDirectoryVault = (
  path: string,
  options: DirectoryVaultOptions = {},
): Promise<DirectoryVault> => {
  const root = resolve(path);
  const { clock = systemClock, fileOps = nodeFileOps } = options;
  return atVault(root, () => {
    const file = join(root, vaultFileName);
    if (statSync(root, { throwIfNoEntry: false })?.isFile()) {
      throw new ReplicationError('INPUT_INVALID', `${root} is a file; a vault needs a directory.`, {
        file: root,
      });
    }
    if (fileOps.readText(file) === null) {
      const others = fileOps.list(root).filter((name) => !systemEntries.test(name));
      if (others.length > 0) {
        throw new ReplicationError(
          'VAULT_FOREIGN',
          `${root} is not a vault and holds other files (${others[0]}).`,
          {
            file: root,
          },
        );
      }
      createDirectory(root);
      const record = { format: recordFormat, vaultId: randomUUID(), createdAtMs: clock.now() };
      fileOps.writeAtomically(file, `${JSON.stringify(record, null, 2)}\n`);
    }
    return openDirectoryVault(root, options);
  });
};

/** A vault in a directory: a second disk, a USB drive, a NAS share. docs/vault-format.md describes what is in it. */
export class DirectoryVault implements ReplicaVault {
  readonly kind = 'directory';
  readonly encryptionKey = null;
  readonly target: string;
  readonly #vaultId: string;
  readonly #ops: VaultFileOps;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(root: string, vaultId: string, ops: VaultFileOps, clock: Pick<Clock, 'now'>) {
    this.target = root;
    this.#vaultId = vaultId;
    this.#ops = ops;
    this.#clock = clock;
  }

  info(): Promise<VaultInfo> {
    return this.#guard(() => {
      this.#assertVault();
      const { freeBytes, totalBytes } = this.#ops.space(this.target);
      return { vaultId: this.#vaultId, kind: this.kind, target: this.target, freeBytes, totalBytes };
    });
  }

  async check(): Promise<readonly VaultCheck[]> {
    return checkDirectory(this.target, this.#ops, () => {
      this.#assertVault();
      for (const { damage } of this.#entries()) if (damage !== null) throw damage;
    });
  }

  /** A VM whose `vm.json` is damaged is left out, so that the others can be brought back; `check` names it. */
  listVms(): Promise<readonly VaultVm[]> {
    return this.#guard(() => {
      this.#assertVault();
      return this.#entries().flatMap(({ record }) => (record === null ? [] : [record.vm]));
    });
  }

  saveVm(vm: VaultVm, options: { readonly takeOver?: boolean } = {}): Promise<void> {
    return this.#guard(() => {
      this.#assertVault();
      const folder = this.#find(vm.vmId);
      if (folder === null) return this.#create(vm);
      const record = folder.readRecord();
      if (options.takeOver !== true) requireWriter(record, vm.writer, folder.recordPath);
      const sameWriter = record.vm.writer.installationId === vm.writer.installationId;
      const writerSinceMs = sameWriter ? record.writerSinceMs : this.#clock.now();
      // Those of a commit that is not done yet count too.
      const { points } = folder.readState().record;
      folder.writeRecord({ ...record, vm: successorOf(record.vm, vm, points), writerSinceMs });
    });
  }

  openVm(vmId: string, writer: VaultWriter): Promise<VmReplica> {
    return this.#guard(async () => {
      const replica = new DirectoryVmReplica(this.#folderOf(vmId), writer);
      await replica.recover();
      return replica;
    });
  }

  readVm(vmId: string): Promise<VmReplicaReader> {
    return this.#guard(() => new DirectoryVmReader(this.#folderOf(vmId)));
  }

  removeVm(vmId: string): Promise<void> {
    return this.#guard(() => {
      const folder = this.#folderOf(vmId);
      // Without its record the folder is no VM any more; what a crash leaves of it goes with the next change.
      this.#ops.rename(folder.recordPath, removedMark(folder.path));
      this.#finishRemovals();
    });
  }

  async close(): Promise<void> {}

  #create(vm: VaultVm): void {
    this.#finishRemovals();
    const taken = this.#ops.list(this.target).filter((name) => !this.#isUnused(name));
    const path = join(this.target, vmFolderName(vm.name, vm.vmId, taken));
    const folder = new VmFolder(this.target, this.#vaultId, path, this.#ops);
    this.#ops.makeDirectory(path);
    this.#ops.makeDirectory(folder.file(hiddenFolder));
    folder.writeRecord(newVmRecord(vm, this.#clock.now()));
  }

  /** A folder that `saveVm` made just before it was interrupted. */
  #isUnused(name: string): boolean {
    const path = join(this.target, name);
    if (this.#ops.state(path)?.isDirectory !== true) return false;
    const entries = this.#ops.list(path);
    const ours = entries.every((entry) => entry === hiddenFolder || entry === `${recordFileName}.tmp`);
    return ours && this.#ops.list(join(path, hiddenFolder)).length === 0;
  }

  #finishRemovals(): void {
    for (const name of this.#ops.list(this.target)) {
      const path = join(this.target, name);
      const mark = removedMark(path);
      if (this.#ops.state(mark) === null) continue;
      for (const entry of this.#ops.list(path)) {
        if (join(path, entry) !== mark) this.#ops.remove(join(path, entry));
      }
      this.#ops.remove(path);
    }
  }

  #folderOf(vmId: string): VmFolder {
    this.#assertVault();
    const folder = this.#find(vmId);
    if (folder !== null) return folder;
    throw new ReplicationError(
      'REPLICA_MISSING',
      `The vault ${this.target} holds no VM with the id ${vmId}.`,
      {
        file: this.target,
      },
    );
  }

  /** @throws the damage of another VM's record, when `vmId` is not found and might be that VM */
  #find(vmId: string): VmFolder | null {
    let damaged: ReplicationError | null = null;
    for (const { folder, record, damage } of this.#entries()) {
      if (record?.vm.vmId === vmId) return folder;
      damaged ??= damage;
    }
    if (damaged !== null) throw damaged;
    return null;
  }

  #entries(): VmEntry[] {
    return this.#ops.list(this.target).flatMap((name): VmEntry[] => {
      if (name === vaultFileName) return [];
      const folder = new VmFolder(this.target, this.#vaultId, join(this.target, name), this.#ops);
      if (this.#ops.state(folder.path)?.isDirectory !== true) return [];
      const text = this.#ops.readText(folder.recordPath);
      if (text === null) return [];
      try {
        return [{ folder, record: parseVmRecord(folder.recordPath, text), damage: null }];
      } catch (error) {
        return [{ folder, record: null, damage: vaultError(error, this.target) }];
      }
    });
  }

  #assertVault(): void {
    assertVaultAt(this.target, this.#vaultId, this.#ops);
  }

  #guard<T>(work: () => T | Promise<T>): Promise<T> {
    return atVault(this.target, work);
  }
}

interface VmEntry {
  readonly folder: VmFolder;
  /** Null when it is damaged. */
  readonly record: VmRecord | null;
  readonly damage: ReplicationError | null;
}

const removedMark = (folder: string): string => join(folder, `${recordFileName}.removed`);
