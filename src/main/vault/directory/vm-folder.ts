import { join } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import type { VaultFileOps } from './file-ops.ts';
import { unreachable, vaultFileName } from './vault-errors.ts';
import {
  type CommitRecord,
  type DiskRecord,
  parseCommitRecord,
  parseVaultRecord,
  parseVmRecord,
  type VmRecord,
} from './vm-record.ts';

export const recordFileName = 'vm.json';
export const hiddenFolder = '.hvrc';
const commitFile = `${hiddenFolder}/commit.json`;

/** What a VM's folder stands for at one moment. */
export interface VmState {
  /** The record; with a commit under way the record that it makes true. */
  readonly record: VmRecord;
  /** A commit that appeared and is perhaps not applied yet. */
  readonly pending: CommitRecord | null;
  /** Differs as soon as a commit appears or is done, or points go. */
  readonly version: string;
}

/** The files of one VM in a directory vault. */
export class VmFolder {
  /** The vault's directory. */
  readonly root: string;
  readonly path: string;
  readonly ops: VaultFileOps;
  readonly #vaultId: string;

  constructor(root: string, vaultId: string, path: string, ops: VaultFileOps) {
    this.root = root;
    this.path = path;
    this.ops = ops;
    this.#vaultId = vaultId;
  }

  /** Absolute path of a file that the record names. */
  file(relative: string): string {
    return join(this.path, ...relative.split('/'));
  }

  get recordPath(): string {
    return join(this.path, recordFileName);
  }

  get commitPath(): string {
    return this.file(commitFile);
  }

  /**
   * Refuses to go on when the directory is no longer the vault that was opened: an unmounted drive leaves an empty
   * directory, into which nothing must be written.
   */
  assertVault(): void {
    assertVaultAt(this.root, this.#vaultId, this.ops);
  }

  readRecord(): VmRecord {
    const text = this.ops.readText(this.recordPath);
    if (text === null) {
      this.assertVault();
      throw new ReplicationError('REPLICA_MISSING', `The vault holds no VM in ${this.path}.`, {
        file: this.recordPath,
      });
    }
    return parseVmRecord(this.recordPath, text);
  }

  writeRecord(record: VmRecord): void {
    this.ops.writeAtomically(this.recordPath, `${JSON.stringify(record, null, 2)}\n`);
  }

  writeCommit(commit: CommitRecord): void {
    this.ops.writeAtomically(this.commitPath, `${JSON.stringify(commit)}\n`);
  }

  /** The record and a commit that is not done yet, both from one moment. */
  readState(): VmState {
    for (;;) {
      const version = this.version();
      const record = this.readRecord();
      const text = this.ops.readText(this.commitPath);
      if (this.version() !== version) continue;
      if (text === null) return { record, pending: null, version };
      const pending = parseCommitRecord(this.commitPath, text);
      if (pending.next.sequence <= record.sequence) return { record, pending: null, version };
      // The catalogue entry may have been saved after the commit was written.
      const { vm, writerSinceMs } = record;
      return { record: { ...pending.next, vm, writerSinceMs }, pending, version };
    }
  }

  version(): string {
    const versionOf = (path: string) => this.ops.state(path)?.version ?? '-';
    return `${versionOf(this.recordPath)} ${versionOf(this.commitPath)}`;
  }

  /** Where a replica's file is at present: a commit under way may not have renamed it yet. */
  replicaPath(disk: DiskRecord, pending: CommitRecord | null): string {
    for (const change of pending?.changes ?? []) {
      if (change.kind !== 'initial' || change.diskId !== disk.diskId) continue;
      if (disk.file === change.file && this.ops.state(this.file(change.partial)) !== null) {
        return this.file(change.partial);
      }
      if (disk.file === change.retiredFile && this.ops.state(this.file(disk.file)) === null) {
        return this.file(change.file);
      }
    }
    return this.file(disk.file);
  }
}

/** @throws VAULT_UNREACHABLE when there is no vault, VAULT_FOREIGN when another one has taken its place */
export const assertVaultAt = (root: string, vaultId: string, ops: VaultFileOps): void => {
  const path = join(root, vaultFileName);
  const text = ops.readText(path);
  if (text === null) throw unreachable(root);
  const found = parseVaultRecord(path, text).vaultId;
  if (found === vaultId) return;
  throw new ReplicationError(
    'VAULT_FOREIGN',
    `${root} holds another vault (${found}) than the one expected (${vaultId}).`,
    {
      file: path,
    },
  );
};
