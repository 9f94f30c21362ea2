import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { type ShippingOptions, shipVm } from '../shipping/vm-shipping.ts';
import { trackVm } from '../tracking/vm-tracking.ts';
import type { VmActivity } from '../vm-activity.ts';
import type { ResyncOutcome } from './vm-resync.ts';

/**
 * The end of a resynchronization: all disks are looked at, and what was written while they were compared is sent, so
 * that the replicas are at one cut. Throws what a cycle throws.
 */
export const applyLogs = async (
  engine: EngineContext,
  vm: ProtectedVm,
  work: VmActivity,
  outcome: ResyncOutcome,
  options: ShippingOptions,
): Promise<ResyncOutcome> => {
  const { name, frequencySeconds } = vm.record;
  const text = `Applying what changed while ${name} was compared` as const;
  await work.track(text, () => trackVm(engine, vm, options), options.signal);
  const sent = await work.ship(text, () => shipVm(engine, vm, work.tracking, options), options.signal);
  const consistency = sent?.consistency ?? outcome.consistency;
  // What is still fuzzy is tried again at once.
  if (consistency !== 'fuzzy') vm.update({ nextCycleAtMs: engine.clock.now() + frequencySeconds * 1000 });
  return {
    ...outcome,
    consistency,
    point: sent?.point?.id ?? outcome.point ?? null,
    appliedBytes: sent?.sentBytes ?? 0,
  };
};
