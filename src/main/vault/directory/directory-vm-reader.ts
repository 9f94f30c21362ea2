import { join } from 'node:path';
import type {
  RecoveryPoint,
  ReplicaContent,
  ReplicaDiskState,
  VaultVm,
  VmReplicaReader,
} from '../replica-vault.ts';
import { DiskContent } from './disk-content.ts';
import { partialFileOf, readInitial } from './disk-folder.ts';
import { atVault } from './vault-errors.ts';
import type { VmFolder, VmState } from './vm-folder.ts';
import { describePoints } from './vm-record.ts';

/** Reads a VM's replicas and points, also while a writer in another process goes on. */
export class DirectoryVmReader implements VmReplicaReader {
  readonly vm: VaultVm;
  protected readonly folder: VmFolder;

  constructor(folder: VmFolder) {
    this.folder = folder;
    this.vm = folder.readRecord().vm;
  }

  diskStates(): Promise<readonly ReplicaDiskState[]> {
    return atVault(this.folder.root, () => {
      this.folder.assertVault();
      const state = this.folder.readState();
      return state.record.vm.disks.map((disk) => this.#stateOf(disk.diskId, state));
    });
  }

  points(): Promise<readonly RecoveryPoint[]> {
    return atVault(this.folder.root, () => describePoints(this.folder.readState().record));
  }

  openDisk(diskId: string, pointId: string | null): Promise<ReplicaContent> {
    return atVault(this.folder.root, () => new DiskContent(this.folder, diskId, pointId));
  }

  openBaseline(diskId: string): Promise<ReplicaContent | null> {
    return this.openDisk(diskId, null);
  }

  async close(): Promise<void> {}

  #stateOf(diskId: string, { record, pending }: VmState): ReplicaDiskState {
    const { ops } = this.folder;
    const disk = record.disks.find((entry) => entry.diskId === diskId);
    if (disk !== undefined) {
      const { lineage, cut, sizeBytes } = disk;
      const location = this.folder.replicaPath(disk, pending);
      const file = ops.state(location);
      if (file === null) return { ...absent, diskId, location };
      const usedBytes = file.allocatedBytes + this.#usedBy(disk.folder);
      return { diskId, phase: 'complete', lineage, cut, sizeBytes, location, usedBytes };
    }
    const initial = readInitial(this.folder, record, diskId);
    const location = initial === null ? this.folder.path : this.folder.file(partialFileOf(initial.file));
    const usedBytes = ops.state(location)?.allocatedBytes ?? 0;
    return initial === null
      ? { ...absent, diskId, location }
      : { ...absent, diskId, phase: 'initial', sizeBytes: initial.sizeBytes, location, usedBytes };
  }

  #usedBy(relative: string): number {
    const path = this.folder.file(relative);
    const { ops } = this.folder;
    return ops.list(path).reduce((sum, name) => sum + (ops.state(join(path, name))?.allocatedBytes ?? 0), 0);
  }
}

const absent = { phase: 'absent', lineage: null, cut: null, sizeBytes: null, usedBytes: 0 } as const;
