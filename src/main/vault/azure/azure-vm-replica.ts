import { ReplicationError } from '../../../contract/errors.ts';
import type {
  CommitResult,
  DeltaSpec,
  DeltaWriter,
  InitialReplica,
  VaultDisk,
  VaultVm,
  VaultWriter,
  VmCut,
  VmReplica,
} from '../replica-vault.ts';
import { requireWriter } from '../vault-writer.ts';
import { describePoint, type Session, type VmRecord } from './azure-record.ts';
import { AzureVmReader } from './azure-vm-reader.ts';
import { beginDelta } from './begin-delta.ts';
import { beginInitial } from './begin-initial.ts';
import type { UploadFlow } from './page-upload.ts';
import { prepareCommit } from './prepare-commit.ts';
import { dropUnneeded, sweep, withKeptPoints } from './retention.ts';
import { deltaName, initialName, leaseIdOf, type VmBlobs } from './vm-blobs.ts';

/**
 * A VM's replicas opened for writing. How a cycle survives a crash at any request:
 *
 * | step | a crash after it leaves |
 * |---|---|
 * | 1 the note of a delta, then its mark on the blob | the old cut: a snapshot, which is what readers read |
 * | 2 pages are written in place | the old cut; the delta goes on from its last checkpoint, or is rolled back |
 * | 3 the delta is sealed: all ETags noted | the old cut; the delta can be committed |
 * | 4 the blobs get their snapshots | the old cut; the snapshots are swept away |
 * | 5 `vm.json` names the snapshots (under its ETag) | **the new cut** |
 * | 6 notes and snapshots that nothing needs go | the new cut |
 */
export class AzureVmReplica extends AzureVmReader implements VmReplica {
  readonly #writer: VaultWriter;
  readonly #flow: UploadFlow;
  readonly #leaseId: string;

  constructor(blobs: VmBlobs, vm: VaultVm, writer: VaultWriter, flow: UploadFlow) {
    super(blobs, vm);
    this.#writer = writer;
    this.#flow = flow;
    this.#leaseId = leaseIdOf(writer, blobs.vmId);
  }

  /** Takes the leases of the replicas, and deletes what a crash left and nothing needs. */
  async recover(): Promise<void> {
    const { record } = await this.#session();
    await sweep(this.blobs, record);
    const notes = await Promise.all(record.vm.disks.map(({ diskId }) => this.blobs.readInitial(diskId)));
    const names = [...record.disks, ...notes.filter((note) => note !== null)];
    await Promise.all(
      names
        .flatMap(({ data, digests }) => [data, digests])
        .map((name) => this.blobs.lease(name, this.#leaseId)),
    );
  }

  async beginInitial(disk: VaultDisk, lineage: string, resumeFromOffset: number): Promise<InitialReplica> {
    const { record } = await this.#session();
    return beginInitial(this.blobs, this.#leaseId, record, disk, lineage, resumeFromOffset, this.#flow);
  }

  async beginDelta(diskId: string, spec: DeltaSpec): Promise<DeltaWriter> {
    const session = await this.#session();
    return beginDelta(this.blobs, this.#leaseId, session, diskId, spec, this.#flow);
  }

  async commit(cut: VmCut): Promise<CommitResult> {
    const session = await this.#session();
    let { record } = session;
    const { lastCut } = record;
    if (lastCut === null || lastCut.cut !== cut.cut || lastCut.takenAtMs !== cut.takenAtMs) {
      const next = await prepareCommit(this.blobs, this.#leaseId, record, cut);
      await this.#write(session, next);
      for (const diskId of new Set(cut.diskIds)) {
        await this.blobs.remove(deltaName(diskId));
        await this.blobs.remove(initialName(diskId));
      }
      await dropUnneeded(this.blobs, record, next);
      record = next;
    }
    const point = record.points.find(({ id }) => id === record.lastCut?.pointId);
    return { point: point === undefined ? null : describePoint(point) };
  }

  async prune(keep: number, notBeforeMs: number | null = null): Promise<number> {
    const session = await this.#session();
    const next = withKeptPoints(session.record, keep, notBeforeMs);
    await this.#replace(session, next);
    return session.record.points.length - next.points.length;
  }

  async dropPoints(): Promise<void> {
    const session = await this.#session();
    const { record } = session;
    const present = await Promise.all(
      record.disks.map(async (disk) => {
        const found = await Promise.all([this.blobs.head(disk.data), this.blobs.head(disk.digests)]);
        return found.every((blob) => blob !== null);
      }),
    );
    await this.#replace(session, {
      ...record,
      points: [],
      disks: record.disks.filter((_, index) => present[index]),
    });
  }

  /** The record first, the blobs after: a crash in between leaves blobs that the next `recover` deletes. */
  async #replace(session: Session, next: VmRecord): Promise<void> {
    if (JSON.stringify(next) === JSON.stringify(session.record)) return;
    await this.#write(session, next);
    await dropUnneeded(this.blobs, session.record, next);
  }

  async #write({ etag }: Session, next: VmRecord): Promise<void> {
    try {
      await this.blobs.writeRecord(next, etag);
    } catch (error) {
      // Somebody was faster: if it was another writer, that is what to say.
      if (ReplicationError.from(error).code === 'VAULT_WRITE_FAILED') await this.#session();
      throw error;
    }
  }

  /** Begins every change of the VM: this installation is its writer. @throws VAULT_IN_USE */
  async #session(): Promise<Session> {
    const session = await this.blobs.readRecord();
    requireWriter(session.record, this.#writer, this.blobs.recordUrl);
    return session;
  }
}
