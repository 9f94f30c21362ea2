import { randomUUID } from 'node:crypto';
import { ReplicationError } from '../../contract/errors.ts';
import type { Consistency } from '../../contract/model.ts';
import type { FrozenVm, HostVm } from '../host/host.ts';
import type { PassProgress, ResyncDiskResult } from '../workers/protocol.ts';
import { openActiveLogs } from './active-logs.ts';
import { asChangingDisk } from './changing-disk.ts';
import { confirmCut } from './confirm-cut.ts';
import { type Copy, copyDisk, frozenPath, prepareCopy, type WholeDisk } from './copy-disk.ts';
import type { EngineContext } from './engine-context.ts';
import type { Job } from './job-runner.ts';
import type { FoundDisk, ProtectedVm } from './protected-vm.ts';
import { settledStamps } from './stamps.ts';
import { registerAtVault } from './vault-entry.ts';
import type { ShippingOptions } from './vm-shipping.ts';

export interface ResyncOutcome {
  readonly comparedBlocks: number;
  readonly differentBlocks: number;
  readonly sentBytes: number;
}

/**
 * Resynchronization of a VM: the logs are dropped, and each disk gets a replica of a new lineage:
 *
 * | the disk                                              | its replica                                          |
 * |-------------------------------------------------------|------------------------------------------------------|
 * | is as it was, or another one of the same size         | block by block compared; the differences are staged  |
 * | was resized                                           | copied anew beside the old one                       |
 * | has a replica that is gone, or that cannot be read    | copied anew                                          |
 *
 * All of it becomes true with one commit. Until then the replicas and their recovery points stay as they were.
 */
export const resynchronizeVm = async (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  options: ShippingOptions,
): Promise<ResyncOutcome> => {
  const found = await job.step('Check the disks', () => checkDisks(engine, vm));
  const disks: Copy[] = [];
  for (const disk of found.disks) {
    const stamps = await settledStamps(disk.host.files, engine.clock, options.signal);
    disks.push(
      disk.record.phase === 'complete'
        ? await prepareComparison(engine, vm, { ...disk, stamps })
        : await prepareCopy(engine, vm, { ...disk, stamps }),
    );
  }
  vm.update({ unsent: null, shipment: null, direct: null });
  const cut = vm.nextCut();
  const frozen = await engine.host().freeze(
    found.vm,
    disks.map(({ host }) => host.id),
  );
  try {
    const renewal = new Renewal(engine, vm, job, frozen, cut, options);
    const renewed: Copy[] = [];
    for (const disk of disks) renewed.push(await renewal.renew(disk));
    await job.step('Apply the differences', async () => {
      const oneRead = renewed.every(({ mixed }) => !mixed) && (await frozen.isConsistent());
      await commitRenewal(engine, vm, renewed, frozen, cut, oneRead ? 'crash' : 'fuzzy', options);
    });
    return renewal.total;
  } finally {
    await frozen.release();
  }
};

/** What the host and the vault have of each disk now. */
const checkDisks = async (
  engine: EngineContext,
  vm: ProtectedVm,
): Promise<{ vm: HostVm; disks: readonly FoundDisk[] }> => {
  const found = await vm.takeOverChanges();
  const states = await registerAtVault(engine, vm, found);
  for (const { record } of found.disks) {
    const state = states.get(record.diskId);
    const isThere = state?.phase === 'complete' && state.sizeBytes === record.sizeBytes;
    if (!isThere && record.phase === 'complete') vm.updateDisk(record.diskId, { phase: 'pending' });
  }
  return vm.findOnHost();
};

const prepareComparison = async (engine: EngineContext, vm: ProtectedVm, disk: WholeDisk): Promise<Copy> => {
  const { diskId, rootPath } = disk.record;
  await engine.pool.run('dropLogs', { diskId, rootPath, sequence: null });
  // From here on the old lineage is history: an interruption must not let its logs or digests be taken for true.
  const begun = { lineage: randomUUID(), lastScan: null, hrl: { bytes: 0, degraded: null } };
  vm.prepareTable(diskId);
  vm.updateDisk(diskId, begun);
  return { ...disk, record: { ...disk.record, ...begun }, mixed: false };
};

/** Makes the replica of one disk after the other what the frozen disk is, ready to be committed. */
class Renewal {
  total: ResyncOutcome = { comparedBlocks: 0, differentBlocks: 0, sentBytes: 0 };
  private readonly engine: EngineContext;
  private readonly vm: ProtectedVm;
  private readonly job: Job;
  private readonly frozen: FrozenVm;
  private readonly cut: number;
  private readonly options: ShippingOptions;

  constructor(
    engine: EngineContext,
    vm: ProtectedVm,
    job: Job,
    frozen: FrozenVm,
    cut: number,
    options: ShippingOptions,
  ) {
    this.engine = engine;
    this.vm = vm;
    this.job = job;
    this.frozen = frozen;
    this.cut = cut;
    this.options = options;
  }

  async renew(disk: Copy): Promise<Copy> {
    if (disk.record.phase !== 'complete') return this.copy(disk);
    try {
      const { comparedBlocks, differentBlocks, sentBytes } = await this.compare(disk);
      this.add({ comparedBlocks, differentBlocks, sentBytes });
      return disk;
    } catch (error) {
      const { code, message } = ReplicationError.from(error);
      if (code !== 'REPLICA_INVALID' && code !== 'REPLICA_MISSING') throw error;
      const { name, diskId } = disk.record;
      const subject = { vmId: this.vm.vmId, vm: this.vm.record.name, disk: name, code };
      this.engine.events.warning(
        `The replica of ${name} cannot be compared and is copied anew: ${message}`,
        subject,
      );
      this.vm.updateDisk(diskId, { phase: 'pending' });
      const record = { ...disk.record, phase: 'pending' as const };
      return this.copy(await prepareCopy(this.engine, this.vm, { ...disk, record }));
    }
  }

  private async copy(disk: Copy): Promise<Copy> {
    const source = { ...disk, path: frozenPath(this.frozen, disk), cut: this.cut };
    const { sentBytes } = await copyDisk(this.engine, this.vm, this.job, source, this.options);
    this.add({ comparedBlocks: 0, differentBlocks: 0, sentBytes });
    return disk;
  }

  private compare(disk: Copy): Promise<ResyncDiskResult> {
    const { record, host, stamps } = disk;
    const params = {
      replica: this.vm.replicaSpec(),
      source: this.vm.sourceSpec(record, frozenPath(this.frozen, disk)),
      tracking: this.vm.trackingSpec(record),
      cut: this.cut,
      takenAtMs: this.frozen.takenAtMs,
    };
    return this.job.step(`Compare ${record.name}`, async (progress) => {
      const onProgress = (pass: PassProgress) => {
        progress(pass.doneBytes / pass.totalBytes);
        this.options.onProgress(pass);
      };
      try {
        return await this.engine.pool.run('resync', params, { signal: this.options.signal, onProgress });
      } catch (error) {
        throw await asChangingDisk(error, record, host.files, stamps);
      }
    });
  }

  private add(part: ResyncOutcome): void {
    this.total = {
      comparedBlocks: this.total.comparedBlocks + part.comparedBlocks,
      differentBlocks: this.total.differentBlocks + part.differentBlocks,
      sentBytes: this.total.sentBytes + part.sentBytes,
    };
  }
}

const commitRenewal = async (
  engine: EngineContext,
  vm: ProtectedVm,
  renewed: readonly Copy[],
  { takenAtMs }: FrozenVm,
  cut: number,
  consistency: Consistency,
  options: ShippingOptions,
): Promise<void> => {
  const taken = { cut, takenAtMs, consistency };
  const { droppedPoints } = await engine.pool.run(
    'send',
    {
      replica: vm.replicaSpec(),
      ...taken,
      disks: [],
      preparedDiskIds: renewed.map(({ record }) => record.diskId),
      keepPoints: vm.record.retentionPoints,
      overwritesAltered: true,
    },
    options,
  );
  engine.store.transaction(() => {
    confirmCut(vm, taken);
    vm.update({ resync: null });
    for (const { record, stamps, mixed } of renewed) {
      const lastScan = stamps === null || mixed ? null : { cut, stamps };
      vm.updateDisk(record.diskId, { phase: 'complete', logBaseCut: cut, initialStamps: null, lastScan });
    }
  });
  await openActiveLogs(engine, vm);
  if (droppedPoints > 0) {
    engine.events.warning(
      `A replica of ${vm.record.name} had been altered at the vault: ${droppedPoints} older recovery points could not be kept.`,
      { vmId: vm.vmId, vm: vm.record.name, code: 'REPLICA_INVALID' },
    );
  }
};
