import type { ResyncStatus } from '../../../contract/resync-reports.ts';
import { nextOpening } from '../../platform/week-schedule.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../../store/records.ts';
import { isMarked, onlyJoins } from '../marked-disk.ts';
import { preventionOf } from './resync-prevention.ts';
import { type ResyncWindow, resyncTime } from './resync-schedule.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Why a VM is marked, and when it is resynchronized; null when it is not marked, or only for first copies. */
export const resyncStatus = (
  record: ProtectionRecord,
  disks: readonly ProtectedDiskRecord[],
  nowMs: number,
  window: ResyncWindow,
  isRunning: boolean,
): ResyncStatus | null => {
  const { resync } = record;
  if (resync === null || onlyJoins(record, disks)) return null;
  const byHand = resync.askedAtMs !== undefined;
  return {
    code: resync.code,
    cause: resync.message,
    disk: resync.disk ?? null,
    ...(resync.scope === 'disks' ? { disks: disks.filter(isMarked).map(({ name }) => name) } : {}),
    since: new Date(resync.sinceMs).toISOString(),
    prevention: preventionOf(resync.code),
    byHand,
    nextWindowAt: isRunning || byHand ? null : iso(resyncTime(record, nowMs, window).atMs),
  };
};

/** When the window opens next; null when it is off. */
export const nextWindow = ({ enabled, hours }: ResyncWindow, nowMs: number): string | null =>
  enabled ? iso(nextOpening(hours, nowMs)) : null;
