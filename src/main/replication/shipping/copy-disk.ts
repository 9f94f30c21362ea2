import { randomUUID } from 'node:crypto';
import type { FrozenVm } from '../../host/host.ts';
import type { InitialResult, PassProgress } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import type { FoundDisk, ProtectedVm } from '../protected-vm.ts';
import { SentMeter } from '../reports/traffic.ts';
import { asChangingDisk } from '../tracking/changing-disk.ts';
import { type ChainStamps, stoodStill } from '../tracking/stamps.ts';
import { vaultDisk } from '../vault-entry.ts';
import type { ShippingOptions } from './vm-shipping.ts';

/** A disk about to be read as a whole. */
export interface WholeDisk extends FoundDisk {
  /** Of its files before they are read; null when they were too busy to tell. */
  readonly stamps: ChainStamps | null;
}

/** A disk about to be copied into a new replica. */
export interface Copy extends WholeDisk {
  /** Whether an earlier run read part of the disk when its files looked otherwise. */
  readonly mixed: boolean;
}

/** Gets a disk ready to be copied: a copy that was interrupted goes on, else a new lineage begins. */
export const prepareCopy = async (
  engine: EngineContext,
  vm: ProtectedVm,
  { record, host, stamps }: WholeDisk,
): Promise<Copy> => {
  if (record.phase === 'initial' && record.lineage !== null) {
    const mixed = !(await stoodStill(host.files, record.initialStamps));
    return { record, host, stamps, mixed };
  }
  // Logs that an earlier relationship left beside the disk mean nothing to this one.
  await engine.pool.run('dropLogs', { diskId: record.diskId, rootPath: record.rootPath, sequence: null });
  const begun = { phase: 'initial', lineage: randomUUID(), lastScan: null } as const;
  vm.prepareTable(record.diskId);
  vm.updateDisk(record.diskId, { ...begun, initialStamps: stamps });
  return { record: { ...record, ...begun }, host, stamps, mixed: false };
};

/**
 * Copies one disk into a new replica, which becomes true with the caller's commit of `cut`.
 * @param inParts runs it until it is done, also when its signal interrupts it
 */
export const copyDisk = (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  { record, host, stamps, path, cut }: Copy & { readonly path: string; readonly cut: number },
  options: ShippingOptions,
  inParts: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T> = (work) => work(options.signal),
): Promise<InitialResult> =>
  job.step(`Copy ${record.name}`, async (progress) => {
    const params = {
      replica: vm.replicaSpec(),
      disk: vaultDisk(record, host),
      source: vm.sourceSpec(record, path),
      tracking: vm.trackingSpec(record),
      cut,
    };
    try {
      return await inParts(async (signal) => {
        const sent = new SentMeter(engine, vm.vmId);
        const onProgress = (pass: PassProgress) => {
          sent.note(pass.doneBytes - pass.skippedBytes - (pass.resumedAtBytes ?? 0));
          progress(pass.totalBytes === 0 ? 1 : pass.doneBytes / pass.totalBytes);
          options.onProgress(pass);
        };
        const result = await engine.pool.run('initial', params, { signal, onProgress });
        sent.note(result.sentBytes);
        return result;
      });
    } catch (error) {
      throw await asChangingDisk(error, record, host.files, stamps);
    }
  });

/** What to open for a disk of a frozen VM. */
export const frozenPath = (frozen: FrozenVm, { host }: Pick<FoundDisk, 'host'>): string =>
  frozen.disks.find(({ diskId }) => diskId === host.id)?.path ?? host.path;
