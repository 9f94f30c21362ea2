import type { Settings } from '../../../contract/settings.ts';
import type { ProtectionRecord } from '../../store/records.ts';

const leastLimitSeconds = 300;
const cyclesInLimit = 3;

/**
 * What would be lost now: the time since the source time of the last change that is safe at the vault, in seconds. Both
 * ends are this machine's clock, so that no other clock's error is in it; a clock that was set back gives 0, not less.
 * Null before the first replica is complete.
 */
export const rpoSeconds = (
  { lastSyncAtMs }: Pick<ProtectionRecord, 'lastSyncAtMs'>,
  nowMs: number,
): number | null => (lastSyncAtMs === null ? null : Math.max(0, Math.round((nowMs - lastSyncAtMs) / 1000)));

/** What the RPO should stay below: three cycles, at least 5 minutes, unless the user set a limit for all VMs. */
export const rpoLimitSeconds = (
  frequencySeconds: number,
  { rpoLimitMinutes }: Pick<Settings['monitoring'], 'rpoLimitMinutes'>,
): number =>
  rpoLimitMinutes === null
    ? Math.max(leastLimitSeconds, cyclesInLimit * frequencySeconds)
    : rpoLimitMinutes * 60;
