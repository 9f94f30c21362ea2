import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { removeDurably } from '../platform/durable.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ReplicaSpec, SourceSpec, TrackingSpec, VaultSpec } from '../workers/protocol.ts';
import type { EngineContext } from './engine-context.ts';

/** A protected VM's records, and what the workers need to know about it. */
export class ProtectedVm {
  readonly vmId: string;
  private readonly engine: EngineContext;

  constructor(engine: EngineContext, vmId: string) {
    this.engine = engine;
    this.vmId = vmId;
  }

  get record(): ProtectionRecord {
    const record = this.engine.store.protections.get(this.vmId);
    if (record === null) throw new ReplicationError('VM_NOT_PROTECTED', 'The VM is not protected any more.');
    return record;
  }

  /** Every disk of the VM, excluded ones too. */
  get disks(): ProtectedDiskRecord[] {
    return this.engine.store.protectedDisks.list(this.vmId);
  }

  get includedDisks(): ProtectedDiskRecord[] {
    return this.disks.filter((disk) => !disk.excluded);
  }

  update(change: Partial<ProtectionRecord>): void {
    this.engine.store.protections.put({ ...this.record, ...change });
  }

  updateDisk(diskId: string, change: Partial<ProtectedDiskRecord>): void {
    const disk = this.engine.store.protectedDisks.get(this.vmId, diskId);
    if (disk !== null) this.engine.store.protectedDisks.put({ ...disk, ...change });
  }

  /** Assigns the next cut number, durably before it is used: a number never stands for two states. */
  nextCut(): number {
    const cut = this.record.cut + 1;
    this.update({ cut });
    return cut;
  }

  vaultSpec(): VaultSpec {
    const vault = this.engine.store.vaults.get(this.record.vaultName);
    if (vault === null) {
      throw new ReplicationError(
        'VAULT_UNKNOWN',
        `The vault "${this.record.vaultName}" is not known here any more.`,
      );
    }
    return { kind: vault.kind, target: vault.target, vaultId: vault.vaultId };
  }

  replicaSpec(): ReplicaSpec {
    return { vault: this.vaultSpec(), vmId: this.vmId, writer: this.engine.installation };
  }

  trackingSpec(disk: ProtectedDiskRecord): TrackingSpec {
    if (disk.lineage === null)
      throw new ReplicationError('TRACKING_DAMAGED', `${disk.name} has no tracking state.`);
    return { tablePath: this.tablePath(disk.diskId), lineage: disk.lineage, rootPath: disk.rootPath };
  }

  tablePath(diskId: string): string {
    return join(this.engine.trackingDirectory, this.vmId, `${diskId}.digests`);
  }

  /** Makes room for a new digest table: the directory is there, an old table is not. */
  prepareTable(diskId: string): void {
    const path = this.tablePath(diskId);
    mkdirSync(dirname(path), { recursive: true });
    removeDurably(path);
  }

  sourceSpec(disk: ProtectedDiskRecord, path: string): SourceSpec {
    return { diskId: disk.diskId, name: disk.name, path, sizeBytes: disk.sizeBytes };
  }

  /**
   * The VM on the host now, with each included disk found again by its id; paths that a checkpoint or a rename changed
   * are taken over.
   * @throws VM_NOT_FOUND, DISK_NOT_FOUND, DISK_CHANGED_GEOMETRY, DISK_CHAIN_BROKEN and what else the host says of a disk
   */
  async findOnHost(): Promise<{
    vm: HostVm;
    disks: readonly { record: ProtectedDiskRecord; host: HostDisk }[];
  }> {
    const { name, path } = this.record;
    const vm = (await this.engine.host().listVms()).find(({ id }) => id === this.vmId);
    if (vm === undefined) {
      throw new ReplicationError('VM_NOT_FOUND', `${name} is not on the host any more; it was at ${path}.`, {
        vm: name,
      });
    }
    if (vm.name !== name || vm.path !== path) this.update({ name: vm.name, path: vm.path });
    const disks = this.includedDisks.map((record) => ({ record, host: this.findDisk(vm, record) }));
    return {
      vm,
      disks: disks.map(({ record, host }) => {
        if (record.path !== host.path || record.rootPath !== host.rootPath || record.name !== host.name) {
          this.updateDisk(record.diskId, { path: host.path, rootPath: host.rootPath, name: host.name });
        }
        return { record: { ...record, path: host.path, rootPath: host.rootPath, name: host.name }, host };
      }),
    };
  }

  private findDisk(vm: HostVm, record: ProtectedDiskRecord): HostDisk {
    const host = vm.disks.find(({ id }) => id === record.diskId);
    const context = { vm: vm.name, file: record.path };
    if (host === undefined) {
      const problem =
        vm.problems.find(({ file }) => file !== undefined && record.path.endsWith(file)) ?? vm.problems[0];
      if (problem !== undefined) throw ReplicationError.fromReport({ ...problem, vm: vm.name });
      throw new ReplicationError(
        'DISK_NOT_FOUND',
        `${record.name} of ${vm.name} is gone; it was at ${record.path}.`,
        context,
      );
    }
    if (host.sizeBytes !== record.sizeBytes) {
      throw new ReplicationError(
        'DISK_CHANGED_GEOMETRY',
        `${record.name} of ${vm.name} has ${host.sizeBytes} bytes now and had ${record.sizeBytes} when it was protected.`,
        context,
      );
    }
    return host;
  }
}
