import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { bitmapPath } from '../block/block-bitmap.ts';
import { sentDigestsPath } from '../block/sent-digests.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { createDirectory } from '../platform/create-directory.ts';
import { removeDurably } from '../platform/durable.ts';
import { formatBesides } from '../platform/size-words.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ReplicaSpec, SendParams, SourceSpec, TrackingSpec, VaultSpec } from '../workers/protocol.ts';
import { resyncCheckpointPath } from '../workers/resyncing/resync-checkpoint.ts';
import type { EngineContext } from './engine-context.ts';
import { isJoining, isMarked } from './marked-disk.ts';
import { noticeDisks } from './tracking/notice-disks.ts';

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

  /** Those that are tracked and sent: all but the ones that wait to be resynchronized alone. */
  get trackedDisks(): ProtectedDiskRecord[] {
    return this.includedDisks.filter((disk) => !isMarked(disk));
  }

  /** The disks of which a recovery point is made: all but those whose first copy is not complete. */
  get memberDisks(): ProtectedDiskRecord[] {
    return this.includedDisks.filter((disk) => !isJoining(disk));
  }

  /** Whether a disk is out without which there is no state of the whole VM. */
  get missesDisks(): boolean {
    return this.memberDisks.some(isMarked);
  }

  /** The disks that wait to be resynchronized, or copied for the first time, alone. */
  get markedDisks(): ProtectedDiskRecord[] {
    return this.includedDisks.filter(isMarked);
  }

  update(change: Partial<ProtectionRecord>): void {
    this.engine.store.protections.put({ ...this.record, ...change });
  }

  updateDisk(diskId: string, change: Partial<ProtectedDiskRecord>): void {
    const disk = this.engine.store.protectedDisks.get(this.vmId, diskId);
    if (disk !== null) this.engine.store.protectedDisks.put({ ...disk, ...change });
  }

  /** A disk's record as it is now. */
  disk({ diskId }: Pick<ProtectedDiskRecord, 'diskId'>): ProtectedDiskRecord {
    const disk = this.engine.store.protectedDisks.get(this.vmId, diskId);
    if (disk === null) throw new ReplicationError('VM_NOT_PROTECTED', 'The VM is not protected any more.');
    return disk;
  }

  /** Whether changes are known that no log holds. */
  get hasUnloggedChanges(): boolean {
    return this.trackedDisks.some(({ hrl }) => (hrl.degraded?.changedBlocks ?? 0) > 0);
  }

  /** Changes what is known of a disk's logs. */
  updateHrl(diskId: string, change: Partial<ProtectedDiskRecord['hrl']>): void {
    const disk = this.engine.store.protectedDisks.get(this.vmId, diskId);
    if (disk !== null) this.updateDisk(diskId, { hrl: { ...disk.hrl, ...change } });
  }

  /** The log takes the disk's changes again. */
  dropBitmap(diskId: string): void {
    this.updateHrl(diskId, { degraded: null });
    rmSync(bitmapPath(this.tablePath(diskId)), { force: true });
  }

  /** A disk's logs were dropped: what stood in for them goes with them. */
  dropSideFiles(diskId: string): void {
    this.updateHrl(diskId, { bytes: 0, degraded: null, warned: null });
    const tablePath = this.tablePath(diskId);
    for (const path of [bitmapPath(tablePath), sentDigestsPath(tablePath)]) rmSync(path, { force: true });
  }

  /** Assigns the next cut number, durably before it is used: a number never stands for two states. */
  nextCut(): number {
    const cut = this.record.cut + 1;
    this.update({ cut });
    return cut;
  }

  vaultSpec(): VaultSpec {
    const { vaultName, uploadThreads } = this.record;
    const spec = this.engine.vault(vaultName);
    return uploadThreads === undefined || uploadThreads === null ? spec : { ...spec, threads: uploadThreads };
  }

  replicaSpec(): ReplicaSpec {
    return { vault: this.vaultSpec(), vmId: this.vmId, writer: this.engine.installation };
  }

  /** Which recovery points a commit keeps. */
  retention(): Pick<SendParams, 'keepPoints' | 'keepHours'> {
    const { retentionPoints, retentionHours } = this.record;
    return { keepPoints: retentionPoints, keepHours: retentionHours ?? null };
  }

  trackingSpec(disk: ProtectedDiskRecord): TrackingSpec {
    if (disk.lineage === null)
      throw new ReplicationError('TRACKING_DAMAGED', `${disk.name} has no tracking state.`);
    return { tablePath: this.tablePath(disk.diskId), lineage: disk.lineage, rootPath: disk.rootPath };
  }

  tablePath(diskId: string): string {
    return join(this.engine.trackingDirectory, this.vmId, `${diskId}.digests`);
  }

  /** Makes room for a new digest table: the directory is there, an old table and what lay beside it are not. */
  prepareTable(diskId: string): void {
    const path = this.tablePath(diskId);
    createDirectory(dirname(path));
    for (const file of [resyncCheckpointPath(path), bitmapPath(path), sentDigestsPath(path), path])
      removeDurably(file);
  }

  /** A comparison is done: there is nothing to go on from. */
  dropCheckpoint(diskId: string): void {
    rmSync(resyncCheckpointPath(this.tablePath(diskId)), { force: true });
  }

  sourceSpec(disk: ProtectedDiskRecord, path: string): SourceSpec {
    return { diskId: disk.diskId, name: disk.name, path, sizeBytes: disk.sizeBytes };
  }

  /**
   * The VM on the host now, with each of `records` found again by its id; paths that a checkpoint or a rename changed
   * are taken over.
   * @throws VM_NOT_FOUND, DISK_NOT_FOUND, DISK_REPLACED, DISK_CHANGED_GEOMETRY, DISK_CHAIN_BROKEN and what else the host
   *   says of a disk
   */
  async findOnHost(
    records: readonly ProtectedDiskRecord[] = this.includedDisks,
  ): Promise<{ vm: HostVm; disks: readonly FoundDisk[] }> {
    const vm = await this.findVm();
    const disks = records.map((record) => ({ record, host: findDisk(vm, record) }));
    return { vm, disks: disks.map((disk) => this.takeOverPaths(disk)) };
  }

  /**
   * The same for a resynchronization of `records`: a disk that was replaced or resized is taken as it is now. One whose
   * size changed has no replica any more and is pending.
   */
  async takeOverChanges(
    records: readonly ProtectedDiskRecord[],
  ): Promise<{ vm: HostVm; disks: readonly FoundDisk[] }> {
    const vm = await this.findVm();
    for (const record of records) {
      const { diskId, sizeBytes, sectorBytes } = record;
      const host = findDisk(vm, record, true);
      const hostDiskId = host.id === diskId ? undefined : host.id;
      const kept = host.sizeBytes === sizeBytes && host.logicalSectorBytes === sectorBytes;
      const { hostDiskId: _former, ...known } = record;
      this.engine.store.protectedDisks.put({
        ...known,
        ...(hostDiskId === undefined ? {} : { hostDiskId }),
        sizeBytes: host.sizeBytes,
        sectorBytes: host.logicalSectorBytes,
        format: host.format,
        ...(kept ? {} : { phase: 'pending' as const }),
      });
    }
    return this.findOnHost(records.map((record) => this.disk(record)));
  }

  private async findVm(): Promise<HostVm> {
    const { name, path } = this.record;
    const vm = (await this.engine.host().listVms()).find(({ id }) => id === this.vmId);
    if (vm === undefined) {
      throw new ReplicationError('VM_NOT_FOUND', `${name} is not on the host any more; it was at ${path}.`, {
        vm: name,
      });
    }
    if (vm.name !== name || vm.path !== path) this.update({ name: vm.name, path: vm.path });
    noticeDisks(this.engine, vm);
    return vm;
  }

  private takeOverPaths({ record, host }: FoundDisk): FoundDisk {
    const { path, rootPath, name } = host;
    if (record.path !== path || record.rootPath !== rootPath || record.name !== name) {
      this.updateDisk(record.diskId, { path, rootPath, name });
    }
    return { record: { ...record, path, rootPath, name }, host };
  }
}

/** A protected disk and what the host shows of it. */
export interface FoundDisk {
  readonly record: ProtectedDiskRecord;
  readonly host: HostDisk;
}

/** @param asItIs whatever disk is in the place of the one that was protected, of whatever size */
const findDisk = (vm: HostVm, record: ProtectedDiskRecord, asItIs = false): HostDisk => {
  const { name, path, sizeBytes, rootPath } = record;
  const id = record.hostDiskId ?? record.diskId;
  const context = { vm: vm.name, file: path };
  const inPlace = vm.disks.find((disk) => basename(disk.rootPath) === basename(rootPath));
  const host = vm.disks.find((disk) => disk.id === id) ?? (asItIs ? inPlace : undefined);
  if (host === undefined) {
    if (inPlace !== undefined) {
      throw new ReplicationError(
        'DISK_REPLACED',
        `${inPlace.path} is another disk now than the one that was protected.`,
        context,
      );
    }
    const problem =
      vm.problems.find(({ file }) => file !== undefined && path.endsWith(file)) ?? vm.problems[0];
    if (problem !== undefined) throw ReplicationError.fromReport({ ...problem, vm: vm.name });
    throw new ReplicationError(
      'DISK_NOT_FOUND',
      `${name} of ${vm.name} is gone; it was at ${path}.`,
      context,
    );
  }
  if (host.sizeBytes !== sizeBytes && !asItIs) {
    throw new ReplicationError(
      'DISK_CHANGED_GEOMETRY',
      `${name} of ${vm.name} has ${formatBesides(host.sizeBytes, sizeBytes)} now and had ${formatBesides(sizeBytes, host.sizeBytes)} when it was protected.`,
      context,
    );
  }
  return host;
};
