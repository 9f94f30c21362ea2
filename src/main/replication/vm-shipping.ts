import type { CutRecord, ProtectionRecord } from '../store/records.ts';
import type { PassProgress, SendResult, ShippedLog } from '../workers/protocol.ts';
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
  const interrupted = vm.record.shipment !== null;
  const first = await shipOnce(engine, vm, tracking, options);
  // What an earlier attempt had sealed went first; what was tracked since follows at once.
  const second = interrupted ? await shipOnce(engine, vm, tracking, options) : null;
  if (first === null || second === null) return second ?? first;
  return {
    ...second,
    sentBytes: first.sentBytes + second.sentBytes,
    prunedPoints: first.prunedPoints + second.prunedPoints,
  };
};

const shipOnce = async (
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
  confirmCut(vm, { cut, takenAtMs, consistency });
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
  return { shipment, logs: await sealLogs(engine, vm, shipment) };
};

/**
 * Seals what is left to seal of a shipment. The next log of a sealed disk builds on the shipment's cut, whether or not
 * the vault has confirmed it by then. Runs under the tracking lock, before anything is appended.
 */
export const sealLogs = async (
  engine: EngineContext,
  vm: ProtectedVm,
  { cut, sequence, diskIds }: NonNullable<ProtectionRecord['shipment']>,
): Promise<ShippedLog[]> => {
  const logs: ShippedLog[] = [];
  for (const { diskId, lineage, rootPath, logBaseCut } of vm.includedDisks) {
    if (!diskIds.includes(diskId) || lineage === null) continue;
    const { sealedPath } = await engine.pool.run('seal', { rootPath, sequence });
    if (sealedPath === null) continue;
    logs.push({ diskId, lineage, sealedPath });
    if (logBaseCut !== cut) vm.updateDisk(diskId, { logBaseCut: cut });
  }
  return logs;
};

/** The vault confirmed every byte of the cut: the base advances. */
export const confirmCut = (vm: ProtectedVm, { cut, takenAtMs, consistency }: CutRecord): void =>
  vm.update({
    committedCut: cut,
    committedConsistency: consistency,
    lastSyncAtMs: takenAtMs,
    shipment: null,
    retry: null,
    error: null,
  });

const dropSealedLogs = async (engine: EngineContext, vm: ProtectedVm, sequence: number): Promise<void> => {
  for (const { diskId, rootPath } of vm.includedDisks) {
    const { logBytes } = await engine.pool.run('dropLogs', { diskId, rootPath, sequence });
    vm.updateDisk(diskId, { hrl: { bytes: logBytes, degraded: false } });
  }
};
