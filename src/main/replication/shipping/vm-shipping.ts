import { sealedLogPath } from '../../hrl/rotation.ts';
import { elapsedMs } from '../../platform/clock.ts';
import type { ProtectionRecord } from '../../store/records.ts';
import type { PassProgress, SendResult, ShippedLog } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Mutex } from '../mutex.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { requireVaultRoom } from '../require-room.ts';
import { openActiveLogs } from '../tracking/active-logs.ts';
import { noteLogSize } from '../tracking/log-warnings.ts';
import { confirmCut } from './confirm-cut.ts';
import { addSent, sendUnlogged } from './send-unlogged.ts';

export interface ShippingOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PassProgress) => void;
  /** A person waits: where nothing is to be sent, the vault is asked all the same. */
  readonly byHand?: boolean;
}

/**
 * Sends what is tracked and not yet at the vault: seals the active logs as one shipment, sends it, and lets the base
 * advance only after the vault confirmed the cut. Null when there is nothing to send: then the vault is only asked
 * whether it is there.
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
  const startedAtMs = engine.clock.now();
  const interrupted = vm.record.shipment !== null;
  const sent = [await shipOnce(engine, vm, tracking, options)];
  // What an earlier attempt had sealed went first; what was tracked since follows at once.
  if (interrupted) sent.push(await shipOnce(engine, vm, tracking, options));
  // What found no room in a log comes last: it builds on all logs.
  if (vm.hasUnloggedChanges) sent.push(await tracking.run(() => sendUnlogged(engine, vm, options)));
  const all = sent.reduce<SendResult | null>((sum, one) => (one === null ? sum : addSent(sum, one)), null);
  if (all !== null) engine.traffic.sent(vm.vmId, all.sentBytes, elapsedMs(engine.clock, startedAtMs));
  else if (options.byHand === true) await engine.vaultPresence.ask(vm.record.vaultName);
  else await engine.vaultPresence.require(vm.record.vaultName);
  return all;
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
  await requireRoomForLogs(engine, vm, logs);
  const result = await engine.pool.run(
    'send',
    {
      replica: vm.replicaSpec(),
      cut,
      takenAtMs,
      consistency,
      disks: logs,
      preparedDiskIds: [],
      ...vm.retention(),
    },
    options,
  );
  confirmCut(vm, { cut, takenAtMs, consistency });
  await dropSealedLogs(engine, vm, shipment.sequence);
  return result;
};

/** A delta takes its own space twice: staged, and as what it overwrites, for the points before it. */
const requireRoomForLogs = async (
  engine: EngineContext,
  vm: ProtectedVm,
  logs: readonly ShippedLog[],
): Promise<void> => {
  if (logs.length === 0) return;
  const { name, vaultName } = vm.record;
  const logBytes = logs.reduce((sum, { diskId }) => sum + vm.disk({ diskId }).hrl.bytes, 0);
  await requireVaultRoom(engine, vaultName, 2 * logBytes, `the changes of ${name}`);
};

const sealShipment = async (engine: EngineContext, vm: ProtectedVm) => {
  const { shipment, unsent, nextSequence } = vm.record;
  if (shipment === null) {
    if (unsent === null) return null;
    vm.update({
      shipment: { ...unsent, sequence: nextSequence, logs: null },
      unsent: null,
      nextSequence: nextSequence + 1,
    });
  }
  await finishSealing(engine, vm);
  const sealed = vm.record.shipment;
  if (sealed === null) return null;
  return { shipment: sealed, logs: shippedLogs(vm, sealed) };
};

/**
 * Seals every log of a shipment that is not sealed completely. The next log of a sealed disk builds on the shipment's
 * cut, whether or not the vault has confirmed it by then. Runs under the tracking lock, before anything is appended.
 */
export const finishSealing = async (engine: EngineContext, vm: ProtectedVm): Promise<void> => {
  const { shipment } = vm.record;
  if (shipment === null || shipment.logs !== null) return;
  const { cut, sequence } = shipment;
  const logs: { diskId: string; lastCut: number }[] = [];
  for (const disk of vm.trackedDisks) {
    if (disk.phase !== 'complete') continue;
    const { diskId, name, sizeBytes, logBaseCut } = disk;
    const sealed = await engine.pool.run('seal', {
      source: { diskId, name, sizeBytes },
      tracking: vm.trackingSpec(disk),
      previousCut: logBaseCut,
      sequence,
    });
    if (sealed !== null) logs.push({ diskId, lastCut: sealed.lastCut });
  }
  engine.store.transaction(() => {
    vm.update({ shipment: { ...shipment, logs } });
    for (const { diskId } of logs) vm.updateDisk(diskId, { logBaseCut: cut });
  });
  // What changes while these are on their way goes into fresh ones.
  await openActiveLogs(engine, vm);
};

const shippedLogs = (
  vm: ProtectedVm,
  { logs, sequence }: NonNullable<ProtectionRecord['shipment']>,
): ShippedLog[] => {
  const disks = new Map(vm.trackedDisks.map((disk) => [disk.diskId, disk]));
  return (logs ?? []).flatMap(({ diskId, lastCut }) => {
    const disk = disks.get(diskId);
    if (disk === undefined || disk.lineage === null) return [];
    return [{ diskId, lastCut, lineage: disk.lineage, sealedPath: sealedLogPath(disk.rootPath, sequence) }];
  });
};

const dropSealedLogs = async (engine: EngineContext, vm: ProtectedVm, sequence: number): Promise<void> => {
  for (const { diskId, rootPath } of vm.trackedDisks) {
    const { logBytes } = await engine.pool.run('dropLogs', { diskId, rootPath, sequence });
    vm.updateHrl(diskId, { bytes: logBytes });
    noteLogSize(engine, vm, diskId);
  }
};
