import type {
  CommitResult,
  DeltaSpec,
  DeltaWriter,
  InitialReplica,
  VaultDisk,
  VaultWriter,
  VmCut,
  VmReplica,
} from '../replica-vault.ts';
import { requireWriter } from '../vault-writer.ts';
import { applyCommit, giveUpCommit, isBeyondRepair } from './apply-commit.ts';
import { beginDelta } from './begin-delta.ts';
import { beginInitial } from './begin-initial.ts';
import { DirectoryVmReader } from './directory-vm-reader.ts';
import { prepareCommit } from './prepare-commit.ts';
import { sweepVmFolder, withKeptPoints, withoutUnneeded } from './retention.ts';
import { atVault, vaultError } from './vault-errors.ts';
import type { VmFolder } from './vm-folder.ts';
import { describePoints, type VmRecord } from './vm-record.ts';

/**
 * A VM's replicas opened for writing. How a commit survives a crash at any byte:
 *
 * | step | a crash after it leaves |
 * |---|---|
 * | 1 the deltas are staged and durable | the old cut; the deltas can be resumed |
 * | 2 before-images are captured and durable | the old cut; they are swept away, or captured again |
 * | 3 `commit.json` appears | **the new cut**: redo finishes steps 4 and 5 |
 * | 4 the deltas are applied, initial replicas get their names | the new cut; redo writes the same content again |
 * | 5 `vm.json` shows the new cut | the new cut |
 * | 6 `commit.json` and the staged deltas go | the new cut |
 *
 * All that content can be wrong about is found in steps 1 and 2, so that step 4 can fail only as files and volumes do.
 */
export class DirectoryVmReplica extends DirectoryVmReader implements VmReplica {
  readonly #writer: VaultWriter;

  constructor(folder: VmFolder, writer: VaultWriter) {
    super(folder);
    this.#writer = writer;
  }

  /** Finishes what a crash left, and deletes what nothing needs. */
  async recover(): Promise<void> {
    let record: VmRecord;
    try {
      record = await this.#session();
    } catch (error) {
      // The VM must open all the same: a new initial replica is the way out. Everything else meets the error again.
      if (isBeyondRepair(vaultError(error, this.folder.root)) && this.folder.readState().pending !== null)
        return;
      throw error;
    }
    sweepVmFolder(this.folder, record);
  }

  beginInitial(disk: VaultDisk, lineage: string, resumeFromOffset: number): Promise<InitialReplica> {
    return atVault(this.folder.root, async () => {
      const pending = this.folder.readState().pending;
      const concerned = pending?.changes.some((change) => change.diskId === disk.diskId) === true;
      const record = await this.#session({ giveUp: concerned });
      return beginInitial(this.folder, record, disk, lineage, resumeFromOffset);
    });
  }

  beginDelta(diskId: string, spec: DeltaSpec): Promise<DeltaWriter> {
    return atVault(this.folder.root, async () =>
      beginDelta(this.folder, await this.#session(), diskId, spec),
    );
  }

  commit(cut: VmCut): Promise<CommitResult> {
    return atVault(this.folder.root, async () => {
      let record = await this.#session();
      const { lastCut } = record;
      if (lastCut === null || lastCut.cut !== cut.cut || lastCut.takenAtMs !== cut.takenAtMs) {
        const commit = await prepareCommit(this.folder, record, cut);
        this.folder.assertVault();
        this.folder.writeCommit(commit);
        await applyCommit(this.folder, commit);
        sweepVmFolder(this.folder, commit.next, record);
        record = commit.next;
      }
      const point = describePoints(record).find(({ id }) => id === record.lastCut?.pointId);
      return { point: point ?? null };
    });
  }

  prune(keep: number, notBeforeMs: number | null = null): Promise<number> {
    return atVault(this.folder.root, async () => {
      const record = await this.#session();
      const kept = withKeptPoints(record, keep, notBeforeMs);
      this.#replace(record, kept);
      return record.points.length - kept.points.length;
    });
  }

  dropPoints(): Promise<void> {
    return atVault(this.folder.root, async () => {
      const record = await this.#session({ giveUp: true });
      this.#replace(record, withoutUnneeded({ ...record, points: [] }));
    });
  }

  /** The record first, the files after: a crash in between leaves files that the next `recover` deletes. */
  #replace(record: VmRecord, next: VmRecord): void {
    if (JSON.stringify(next) === JSON.stringify(record)) return;
    this.folder.writeRecord(next);
    sweepVmFolder(this.folder, next, record);
  }

  /**
   * Begins every change of the VM: the vault is there, this installation is the writer, and no commit is half done.
   * `giveUp` settles a commit that cannot be finished.
   */
  async #session(options: { readonly giveUp?: boolean } = {}): Promise<VmRecord> {
    const { folder } = this;
    folder.assertVault();
    const { record, pending } = folder.readState();
    requireWriter(record, this.#writer, folder.recordPath);
    if (pending === null) return record;
    try {
      await applyCommit(folder, pending);
    } catch (error) {
      if (options.giveUp !== true || !isBeyondRepair(vaultError(error, folder.root))) throw error;
      await giveUpCommit(folder, pending);
    }
    return folder.readRecord();
  }
}
