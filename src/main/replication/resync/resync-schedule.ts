import type { Settings } from '../../../contract/settings.ts';
import { isOpen, nextClosing, nextOpening, type ZoneName } from '../../platform/week-schedule.ts';
import type { ProtectionRecord } from '../../store/records.ts';
import { retryMoment } from '../attempts/retry-schedule.ts';

export type ResyncWindow = Settings['resyncWindow'];

/** When a marked VM is resynchronized: at `atMs` or, where nothing leads there by itself, when a person acts. */
export interface ResyncTime {
  readonly atMs: number | null;
  /** What it waits for, while `atMs` is not now. */
  readonly waitsFor: 'retry' | 'window' | 'resume' | 'person';
}

/**
 * When a marked VM is resynchronized next. Pure.
 *
 * | the VM is …                               | it is resynchronized                                              |
 * |-------------------------------------------|-------------------------------------------------------------------|
 * | paused                                    | not before it is resumed                                          |
 * | in error: the last attempt found no way   | not before a person acts                                          |
 * | asked for by a person                     | at once, or at the retry's time                                   |
 * | cancelled by a person                     | in the window after the one it was cancelled in or before         |
 * | none of these, and the window is on       | in the window, at the retry's time if that lies in it             |
 * | none of these, and the window is off      | not before a person asks                                          |
 */
export const resyncTime = (
  vm: Pick<ProtectionRecord, 'pausedAtMs' | 'error' | 'retry' | 'resync'>,
  nowMs: number,
  { enabled, hours }: ResyncWindow,
  zone?: ZoneName,
): ResyncTime => {
  const { pausedAtMs, error, resync } = vm;
  if (pausedAtMs !== null) return { atMs: null, waitsFor: 'resume' };
  if (error !== null) return { atMs: null, waitsFor: 'person' };
  const retry = resync?.scope === 'disks' ? (resync.retry ?? null) : vm.retry;
  const retryAtMs = Math.max(nowMs, retryMoment({ retry }, nowMs) ?? nowMs);
  if (resync?.askedAtMs !== undefined) return { atMs: retryAtMs, waitsFor: 'retry' };
  if (!enabled || resync?.holdUntilMs === null) return { atMs: null, waitsFor: 'person' };
  const fromMs = Math.max(retryAtMs, resync?.holdUntilMs ?? 0);
  if (isOpen(hours, fromMs, zone)) {
    return { atMs: fromMs, waitsFor: fromMs > retryAtMs ? 'window' : 'retry' };
  }
  const atMs = nextOpening(hours, fromMs, zone);
  return { atMs, waitsFor: atMs === null ? 'person' : 'window' };
};

/** Until when a resynchronization cancelled now is left alone: to the end of this window or the next; null: for good. */
export const holdUntilMs = ({ hours }: ResyncWindow, nowMs: number, zone?: ZoneName): number | null => {
  if (isOpen(hours, nowMs, zone)) return nextClosing(hours, nowMs, zone);
  const openingMs = nextOpening(hours, nowMs, zone);
  return openingMs === null ? null : nextClosing(hours, openingMs, zone);
};

/** Whether a resynchronization that no person asked for must stop now. */
export const isWindowOver = ({ enabled, hours, atEnd }: ResyncWindow, nowMs: number, zone?: ZoneName) =>
  atEnd === 'pause' && !(enabled && isOpen(hours, nowMs, zone));
