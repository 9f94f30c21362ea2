import { randomUUID } from 'node:crypto';
import type { Consistency } from '../../contract/model.ts';
import type { HostDisk } from '../host/host.ts';
import type { ProtectedDiskRecord } from '../store/records.ts';
import type { RecoveryPoint, VaultDisk } from '../vault/replica-vault.ts';
import type { InitialResult, PassProgress } from '../workers/protocol.ts';
import { asChangingDisk } from './changing-disk.ts';
import type { EngineContext } from './engine-context.ts';
import type { Job } from './job-runner.ts';
import type { ProtectedVm } from './protected-vm.ts';
import { type ChainStamps, settledStamps, stoodStill } from './stamps.ts';
import { confirmCut, type ShippingOptions } from './vm-shipping.ts';

export interface InitialReplicationOutcome {
  readonly sentBytes: number;
  readonly skippedBytes: number;
  readonly consistency: Consistency;
  readonly point: RecoveryPoint | null;
}

interface Copy {
  readonly record: ProtectedDiskRecord;
  readonly host: HostDisk;
  readonly stamps: ChainStamps | null;
  /** Whether an earlier run read part of the disk when its files looked otherwise. */
  readonly mixed: boolean;
}

/**
 * Initial replication: every disk without a complete replica is copied, one by one, and all of them become usable with
 * one commit. A copy that was interrupted goes on at its checkpoint; if the source changed meanwhile the cut is fuzzy,
 * and the first delta makes it good.
 */
export const replicateInitially = async (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  options: ShippingOptions,
): Promise<InitialReplicationOutcome> => {
  const { vm: hostVm, disks } = await vm.findOnHost();
  const pending = disks.filter(({ record }) => record.phase !== 'complete');
  const copies: Copy[] = [];
  for (const disk of pending) copies.push(await prepareCopy(engine, vm, disk, options.signal));
  const cut = vm.nextCut();
  const ids = copies.map(({ record }) => record.diskId);
  const frozen = await engine.host().freeze(hostVm, ids);
  try {
    let sentBytes = 0;
    let skippedBytes = 0;
    for (const copy of copies) {
      const { record, host } = copy;
      const path = frozen.disks.find(({ diskId }) => diskId === record.diskId)?.path ?? host.path;
      const result = await copyDisk(engine, vm, job, { ...copy, path, cut }, options);
      sentBytes += result.sentBytes;
      skippedBytes += result.skippedBytes;
    }
    return await job.step('Finalize protection', async () => {
      const oneRead = copies.every(({ mixed }) => !mixed) && (await frozen.isConsistent());
      const consistency: Consistency = oneRead ? 'crash' : 'fuzzy';
      const taken = { cut, takenAtMs: frozen.takenAtMs, consistency };
      const { point } = await engine.pool.run(
        'send',
        {
          replica: vm.replicaSpec(),
          ...taken,
          disks: [],
          preparedDiskIds: ids,
          keepPoints: vm.record.retentionPoints,
        },
        options,
      );
      engine.store.transaction(() => {
        confirmCut(vm, taken);
        for (const { record, stamps, mixed } of copies) {
          const lastScan = stamps === null || mixed ? null : { cut, stamps: stamps };
          vm.updateDisk(record.diskId, {
            phase: 'complete',
            logBaseCut: cut,
            initialStamps: null,
            lastScan,
          });
        }
      });
      return { sentBytes, skippedBytes, consistency, point };
    });
  } finally {
    await frozen.release();
  }
};

const copyDisk = (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  { record, host, stamps, path, cut }: Copy & { readonly path: string; readonly cut: number },
  options: ShippingOptions,
): Promise<InitialResult> =>
  job.step(`Copy ${record.name}`, async (progress) => {
    const onProgress = (pass: PassProgress) => {
      progress(pass.totalBytes === 0 ? 1 : pass.doneBytes / pass.totalBytes);
      options.onProgress(pass);
    };
    try {
      return await engine.pool.run(
        'initial',
        {
          replica: vm.replicaSpec(),
          disk: vaultDisk(record, host),
          source: vm.sourceSpec(record, path),
          tracking: vm.trackingSpec(record),
          cut,
        },
        { signal: options.signal, onProgress },
      );
    } catch (error) {
      throw await asChangingDisk(error, record, host.files, stamps);
    }
  });

const prepareCopy = async (
  engine: EngineContext,
  vm: ProtectedVm,
  { record, host }: { record: ProtectedDiskRecord; host: HostDisk },
  signal: AbortSignal,
): Promise<Copy> => {
  const stamps = await settledStamps(host.files, engine.clock, signal);
  if (record.phase === 'initial' && record.lineage !== null) {
    const mixed = !(await stoodStill(host.files, record.initialStamps));
    return { record, host, stamps, mixed };
  }
  // Logs that an earlier relationship left beside the disk mean nothing to this one.
  await engine.pool.run('dropLogs', { diskId: record.diskId, rootPath: record.rootPath, sequence: null });
  const lineage = randomUUID();
  vm.prepareTable(record.diskId);
  vm.updateDisk(record.diskId, {
    phase: 'initial',
    lineage,
    initialStamps: stamps === null ? null : stamps,
  });
  return { record: { ...record, phase: 'initial', lineage }, host, stamps, mixed: false };
};

/** A disk as the vault's catalogue keeps it. */
export const vaultDisk = (
  record: ProtectedDiskRecord,
  host: Pick<HostDisk, 'logicalSectorBytes'>,
): VaultDisk => ({
  diskId: record.diskId,
  name: record.name,
  sizeBytes: record.sizeBytes,
  logicalSectorBytes: host.logicalSectorBytes,
  sourceFormat: record.format,
  isOperatingSystem: record.isOs,
});
