import { resolve } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import type { FrozenVm, Host, HostVm } from '../host.ts';
import { assembleVm } from './assemble-vm.ts';
import { DiskProbe } from './disk-probe.ts';
import { freezeDisks, sweepFrozenClones } from './freeze.ts';
import { findVmFolders, readVmFolder, type VmFolder } from './vm-folder.ts';

/**
 * A host that is a directory of VM folders. A VM is a folder with disk files in it or in its `Virtual Hard Disks`;
 * nothing but those files is looked at. Listing again costs one `stat` a file where nothing changed.
 */
export const openFolderHost = (root: string, clock: Clock = systemClock): Host =>
  new FolderHost(resolve(root), clock);

class FolderHost implements Host {
  readonly kind = 'folder';
  readonly root: string;
  readonly #clock: Clock;
  readonly #probe: DiskProbe;
  /** Clones that a pass reads now. */
  readonly #inUse = new Set<string>();

  constructor(root: string, clock: Clock) {
    this.root = root;
    this.#clock = clock;
    this.#probe = new DiskProbe(clock);
  }

  async listVms(): Promise<readonly HostVm[]> {
    const folders = await findVmFolders(this.root);
    const vms = await Promise.all(folders.map((folder) => this.#read(folder)));
    this.#probe.keepOnly(new Set(folders.flatMap(({ diskFiles }) => diskFiles)));
    return vms;
  }

  async freeze(vm: HostVm, diskIds: readonly string[]): Promise<FrozenVm> {
    // Looked at again: a checkpoint made since the VM was listed moved the guest's writes into a new tip.
    const folder = await readVmFolder(this.root, vm.path, vm.name);
    if (folder === null || folder.id !== vm.id) {
      throw new ReplicationError('VM_NOT_FOUND', `${vm.name} is no longer in ${vm.path}.`, { vm: vm.name });
    }
    const now = await this.#read(folder);
    // Clones that a crash left: a disk is frozen by one engine, one pass at a time; another of the VM may be compared.
    await sweepFrozenClones(now, this.#inUse);
    const disks = diskIds.map((id) => {
      const disk = now.disks.find((candidate) => candidate.id === id);
      if (disk !== undefined) return disk;
      const [problem] = now.problems;
      if (problem !== undefined) throw ReplicationError.fromReport(problem);
      throw new ReplicationError('DISK_NOT_IN_VM', `${vm.name} has no disk ${id} any more.`, { vm: vm.name });
    });
    const frozen = await freezeDisks(disks, this.#clock);
    const clones = frozen.disks.filter(({ cloned }) => cloned).map(({ path }) => path);
    for (const path of clones) this.#inUse.add(path);
    const release = async () => {
      for (const path of clones) this.#inUse.delete(path);
      await frozen.release();
    };
    return { ...frozen, release };
  }

  async #read(folder: VmFolder): Promise<HostVm> {
    return assembleVm(folder, await Promise.all(folder.diskFiles.map((path) => this.#probe.probe(path))));
  }
}
