import { dirname } from 'node:path';
import type { Consistency } from '../../../contract/model.ts';
import { digestBytes } from '../../block/digest.ts';
import { blockCount } from '../../block/tracking-block.ts';
import type { RecoveryPoint, ReplicaDiskState } from '../../vault/replica-vault.ts';
import type { EngineContext } from '../engine-context.ts';
import { commitStep } from '../jobs/initial-job.ts';
import type { Job } from '../jobs/job-runner.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { allocatedBytes, requireRoom, requireVaultRoom } from '../require-room.ts';
import { openActiveLogs } from '../tracking/active-logs.ts';
import { settledStamps } from '../tracking/stamps.ts';
import { registerAtVault } from '../vault-entry.ts';
import { confirmCut } from './confirm-cut.ts';
import { type Copy, copyDisk, frozenPath, prepareCopy } from './copy-disk.ts';
import type { ShippingOptions } from './vm-shipping.ts';

export interface InitialReplicationOutcome {
  readonly sentBytes: number;
  readonly skippedBytes: number;
  readonly consistency: Consistency;
  readonly point: RecoveryPoint | null;
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
  engine.pool.prepare(['dropLogs', 'initial'], vm.replicaSpec().vault.kind);
  const found = await vm.findOnHost();
  const states = await registerAtVault(engine, vm, found);
  const copies: Copy[] = [];
  for (const disk of found.disks.filter(({ record }) => record.phase !== 'complete')) {
    const stamps = await settledStamps(disk.host.files, engine.clock, options.signal);
    copies.push(await prepareCopy(engine, vm, { ...disk, stamps }));
  }
  await requireRoomForCopies(engine, vm, copies, states);
  const cut = vm.nextCut();
  const frozen = await engine.host().freeze(
    found.vm,
    copies.map(({ host }) => host.id),
  );
  try {
    let sentBytes = 0;
    let skippedBytes = 0;
    for (const copy of copies) {
      const result = await copyDisk(
        engine,
        vm,
        job,
        { ...copy, path: frozenPath(frozen, copy), cut },
        options,
      );
      sentBytes += result.sentBytes;
      skippedBytes += result.skippedBytes;
    }
    return await job.step(commitStep, async () => {
      const oneRead = copies.every(({ mixed }) => !mixed) && (await frozen.isConsistent());
      const consistency: Consistency = oneRead ? 'crash' : 'fuzzy';
      const taken = { cut, takenAtMs: frozen.takenAtMs, consistency };
      const { point } = await engine.pool.run(
        'commit',
        {
          replica: vm.replicaSpec(),
          ...taken,
          disks: [],
          preparedDiskIds: copies.map(({ record }) => record.diskId),
          ...vm.retention(),
        },
        options,
      );
      engine.store.transaction(() => {
        confirmCut(vm, taken);
        for (const { record, stamps, mixed } of copies) {
          const lastScan = stamps === null || mixed ? null : { cut, stamps };
          const logBaseCut = cut;
          vm.updateDisk(record.diskId, { phase: 'complete', logBaseCut, initialStamps: null, lastScan });
        }
      });
      await openActiveLogs(engine, vm);
      return { sentBytes, skippedBytes, consistency, point };
    });
  } finally {
    await frozen.release();
  }
};

/** At the vault for what is not there yet, and here for the digests. */
const requireRoomForCopies = async (
  engine: EngineContext,
  vm: ProtectedVm,
  copies: readonly Copy[],
  states: ReadonlyMap<string, ReplicaDiskState>,
): Promise<void> => {
  const { name, vaultName } = vm.record;
  let copyBytes = 0;
  let digestsBytes = 0;
  for (const { record, host } of copies) {
    const { diskId, sizeBytes } = record;
    const contentBytes = Math.min(sizeBytes, await allocatedBytes(host));
    copyBytes += Math.max(0, contentBytes - (states.get(diskId)?.usedBytes ?? 0));
    digestsBytes += blockCount(sizeBytes) * digestBytes;
  }
  await requireVaultRoom(engine, vaultName, copyBytes, `the first copy of ${name}`);
  await requireRoom(engine, dirname(engine.trackingDirectory), digestsBytes, `the digests of ${name}`);
};
