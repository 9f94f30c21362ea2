import type { EngineContext } from './engine-context.ts';
import { type PlannedAction, planCycles, planNext, withoutMarked } from './plan.ts';
import type { ProtectedVm } from './protected-vm.ts';
import type { ResyncRuns } from './resync/resync-runs.ts';
import { resyncTime } from './resync/resync-schedule.ts';

/** What a VM does next; a resynchronization that waits shows on its job what it waits for. */
export const nextStep = (
  { settings }: Pick<EngineContext, 'settings'>,
  { record, disks }: Pick<ProtectedVm, 'record' | 'disks'>,
  resyncs: Pick<ResyncRuns, 'isUnderWay' | 'showWaiting'>,
  nowMs: number,
): PlannedAction => {
  const window = settings.get('resyncWindow');
  const ofDisks = record.resync?.scope === 'disks';
  // One that runs is no next step; the cycles of the other disks are.
  if (ofDisks && resyncs.isUnderWay) return planCycles(record, withoutMarked(disks), nowMs);
  const action = planNext(record, disks, nowMs, window);
  if (ofDisks) {
    const { atMs, waitsFor } = resyncTime(record, nowMs, window);
    if (waitsFor !== 'retry') resyncs.showWaiting(waitsFor, atMs);
  } else if (action.kind === 'wait' && action.resync !== null) {
    resyncs.showWaiting(action.resync, action.untilMs);
  }
  return action;
};
