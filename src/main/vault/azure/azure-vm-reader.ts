import type {
  RecoveryPoint,
  ReplicaContent,
  ReplicaDiskState,
  VaultVm,
  VmReplicaReader,
} from '../replica-vault.ts';
import { describePoint, type VmRecord } from './azure-record.ts';
import { BlobContent } from './blob-content.ts';
import { nextGeneration } from './retention.ts';
import type { VmBlobs } from './vm-blobs.ts';

/** Reads a VM's replicas and points, also while a writer elsewhere goes on. */
export class AzureVmReader implements VmReplicaReader {
  readonly vm: VaultVm;
  protected readonly blobs: VmBlobs;

  constructor(blobs: VmBlobs, vm: VaultVm) {
    this.blobs = blobs;
    this.vm = vm;
  }

  async diskStates(): Promise<readonly ReplicaDiskState[]> {
    const { record } = await this.blobs.readRecord();
    return Promise.all(record.vm.disks.map(({ diskId }) => this.#stateOf(diskId, record)));
  }

  async points(): Promise<readonly RecoveryPoint[]> {
    return (await this.blobs.readRecord()).record.points.map(describePoint);
  }

  openDisk(diskId: string, pointId: string | null): Promise<ReplicaContent> {
    return BlobContent.open(this.blobs, diskId, pointId);
  }

  /** Every page compared would be a round trip. */
  async openBaseline(): Promise<ReplicaContent | null> {
    return null;
  }

  async close(): Promise<void> {}

  async #stateOf(diskId: string, record: VmRecord): Promise<ReplicaDiskState> {
    const disk = record.disks.find((entry) => entry.diskId === diskId);
    if (disk !== undefined) {
      const { lineage, cut, sizeBytes, usedBytes, data } = disk;
      const location = this.blobs.url(data);
      if ((await this.blobs.head(data)) === null) return { ...absent, diskId, location };
      return { diskId, phase: 'complete', lineage, cut, sizeBytes, location, usedBytes };
    }
    const note = await this.blobs.readInitial(diskId);
    const isCurrent = note !== null && note.generation === nextGeneration(record, diskId);
    if (!isCurrent || (await this.blobs.head(note.data)) === null) {
      return { ...absent, diskId, location: this.blobs.recordUrl };
    }
    const { sizeBytes, bytes } = note;
    return {
      ...absent,
      diskId,
      phase: 'initial',
      sizeBytes,
      location: this.blobs.url(note.data),
      usedBytes: bytes,
    };
  }
}

const absent = { phase: 'absent', lineage: null, cut: null, sizeBytes: null, usedBytes: 0 } as const;
