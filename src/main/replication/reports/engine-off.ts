import { z } from 'zod';
import type { Setting } from '../../store/settings.ts';
import type { Store } from '../../store/store.ts';

/** A time in which no engine ran: it was stopped, or its machine slept or was off. */
export interface OffPeriod {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A sample comes each minute: without one for so long, no engine ran. */
const offMs = 3 * 60_000;

const aliveSetting: Setting<number> = {
  key: 'engine.aliveAtMs',
  schema: z.number().int().min(0),
};

/** Writes down that the engine runs. */
export const noteAlive = (store: Store, nowMs: number): void => store.settings.put(aliveSetting, nowMs);

/** Since when no engine has run; null while one does, or before the first one did. */
export const offSince = (store: Store, nowMs: number): OffPeriod | null => {
  const fromMs = store.settings.get(aliveSetting);
  return fromMs === null || nowMs - fromMs < offMs ? null : { fromMs, toMs: nowMs };
};
