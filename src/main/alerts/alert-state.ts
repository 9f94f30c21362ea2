import { z } from 'zod';
import { alertCauses, alertFamilies, alertLadders } from '../../contract/alerts.ts';
import type { Setting } from '../store/settings.ts';

const moment = z.number().min(0);

/** One cause of one thing: whether it holds, and what people were told of it. */
export const alertRecord = z.object({
  /** The thing: `log:VM:DISK`. */
  group: z.string(),
  family: z.literal(alertFamilies),
  cause: z.literal(alertCauses),
  vmId: z.string().nullable(),
  vm: z.string().nullable(),
  disk: z.string().nullable(),
  /** What was last seen, one sentence. */
  text: z.string(),
  active: z.boolean(),
  raisedAtMs: moment,
  /** When it turned to what it is. */
  turnedAtMs: moment,
  /** Since when an active cause has not been seen; null while it is. */
  absentSinceMs: moment.nullable(),
  /** How often in a row it came back within the quiet time. */
  returns: z.number().int().min(0),
  /** What people believe. */
  told: z.literal(['nothing', 'raised', 'cleared']),
  toldAtMs: moment.nullable(),
});
export type AlertRecord = Readonly<z.infer<typeof alertRecord>>;

/** Everything the alerts remember, kept over restarts so that nothing is told twice. */
export type AlertState = readonly AlertRecord[];

export const alertStateSetting: Setting<AlertRecord[]> = {
  key: 'alerts.state',
  schema: z.array(alertRecord),
};

export const keyOf = ({ group, cause }: Pick<AlertRecord, 'group' | 'cause'>): string => `${group} ${cause}`;

/** How grave a cause is among those of its thing, from 0. */
export const rungOf = ({ family, cause }: Pick<AlertRecord, 'family' | 'cause'>): number =>
  (alertLadders[family] as readonly string[]).indexOf(cause);
