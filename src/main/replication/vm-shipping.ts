import type { CutRecord } from '../store/records.ts';
import type { PassProgress, SendResult } from '../workers/protocol.ts';
import type { EngineContext } from './engine-context.ts';
import type { Mutex } from './mutex.ts';
import type { ProtectedVm } from './protected-vm.ts';

export interface ShippingOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PassProgress) => void;
}

/**
 * Sends what is tracked and not yet at the vault: seals the active logs as one shipment, sends it, and lets the base
 * advance only after the vault confirmed the cut. Null when there is nothing to send.
 *
 * | a crash after …                | finds at the next start …                                                  |
 * |--------------------------------|----------------------------------------------------------------------------|
 * | the shipment was recorded      | logs to seal: `seal` does what is left, before anything is appended        |
 * | some logs were sent            | the shipment: staged deltas are resumed or sent again                      |
 * | the vault committed            | the shipment: the vault is at its cut already, nothing is sent             |
 * | the store took the confirmation| sealed logs nobody needs: deleted with the next shipment's                 |
 */
export const shipVm = async (
  engine: EngineContext,
  vm: ProtectedVm,
  tracking: Mutex,
  options: ShippingOptions,
): Promise<SendResult | null> => {
  const sealed = await tracking.run(() => sealShipment(engine, vm));
  if (sealed === null) return null;
  const { shipment, logs } = sealed;
  const { cut, takenAtMs, consistency } = shipment;
  const result = await engine.pool.run(
    'send',
    {
      replica: vm.replicaSpec(),
      cut,
      takenAtMs,
      consistency,
      disks: logs,
      preparedDiskIds: [],
      keepPoints: vm.record.retentionPoints,
    },
    options,
  );
  confirmCut(
    engine,
    vm,
    { cut, takenAtMs, consistency },
    logs.map(({ diskId }) => diskId),
  );
  await dropSealedLogs(engine, vm, shipment.sequence);
  return result;
};

const sealShipment = async (engine: EngineContext, vm: ProtectedVm) => {
  const { unsent, nextSequence } = vm.record;
  let { shipment } = vm.record;
  const disks = vm.includedDisks.filter(({ phase }) => phase === 'complete');
  if (shipment === null) {
    if (unsent === null) return null;
    shipment = { ...unsent, sequence: nextSequence, diskIds: disks.map(({ diskId }) => diskId) };
    vm.update({ shipment, unsent: null, nextSequence: nextSequence + 1 });
  }
  const logs: { diskId: string; lineage: string; sealedPath: string }[] = [];
  for (const disk of disks) {
    if (!shipment.diskIds.includes(disk.diskId) || disk.lineage === null) continue;
    const { rootPath, diskId, lineage } = disk;
    const { sealedPath } = await engine.pool.run('seal', { rootPath, sequence: shipment.sequence });
    if (sealedPath !== null) logs.push({ diskId, lineage, sealedPath });
  }
  return { shipment, logs };
};

/** The vault confirmed every byte of the cut: the base advances, durably, in one transaction. */
export const confirmCut = (
  engine: EngineContext,
  vm: ProtectedVm,
  { cut, takenAtMs, consistency }: CutRecord,
  diskIds: readonly string[],
): void => {
  engine.store.transaction(() => {
    vm.update({
      committedCut: cut,
      committedConsistency: consistency,
      lastSyncAtMs: takenAtMs,
      shipment: null,
      retry: null,
      error: null,
    });
    for (const diskId of diskIds) vm.updateDisk(diskId, { logBaseCut: cut });
  });
};

const dropSealedLogs = async (engine: EngineContext, vm: ProtectedVm, sequence: number): Promise<void> => {
  for (const { diskId, rootPath } of vm.includedDisks) {
    const { logBytes } = await engine.pool.run('dropLogs', { diskId, rootPath, sequence });
    vm.updateDisk(diskId, { hrl: { bytes: logBytes, degraded: false } });
  }
};
