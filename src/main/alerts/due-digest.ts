import { type NotificationItem, severityOf } from '../../contract/alerts.ts';
import { type AlertRecord, type AlertState, rungOf } from './alert-state.ts';

/** When people are told. */
export interface TellingRules {
  readonly digestMs: number;
  readonly quietMs: number;
  /** Whether a cause that lasts is told again each quiet time. */
  readonly repeat: boolean;
  /** What waits for the end of the quiet hours now. */
  readonly holdBack: 'nothing' | 'warnings' | 'everything';
}

type Telling = NotificationItem['kind'];

/**
 * What is to be told of a cause:
 *
 * | it is  | people believe      | tell                                      |
 * |--------|---------------------|-------------------------------------------|
 * | active | nothing, or cleared | raised                                    |
 * | active | raised              | a reminder, each quiet time               |
 * | gone   | raised              | cleared                                   |
 * | gone   | nothing, or cleared | nothing: it came and went before its time |
 */
const tellingOf = (
  { active, told, toldAtMs }: AlertRecord,
  nowMs: number,
  rules: TellingRules,
): Telling | null => {
  if (!active) return told === 'raised' ? 'cleared' : null;
  if (told !== 'raised') return 'raised';
  return rules.repeat && toldAtMs !== null && nowMs - toldAtMs >= rules.quietMs ? 'reminder' : null;
};

const isHeldBack = ({ cause }: AlertRecord, telling: Telling, { holdBack }: TellingRules): boolean =>
  holdBack === 'everything' ||
  (holdBack === 'warnings' && (severityOf(cause) !== 'critical' || telling === 'reminder'));

export interface Digest {
  readonly items: readonly NotificationItem[];
  /** What is remembered once the items are told. */
  readonly state: AlertState;
}

/**
 * The message that is due, if any: everything there is to tell, once the oldest of it has waited for what may come with it.
 * Pure.
 */
export const dueDigest = (state: AlertState, nowMs: number, rules: TellingRules): Digest | null => {
  const tellings = new Map<AlertRecord, Telling>();
  let isDue = false;
  for (const record of state) {
    const telling = tellingOf(record, nowMs, rules);
    if (telling === null || isHeldBack(record, telling, rules)) continue;
    tellings.set(record, telling);
    isDue ||= telling === 'reminder' || nowMs - record.turnedAtMs >= rules.digestMs;
  }
  if (!isDue) return null;
  return {
    items: itemsOf(tellings),
    state: state.map((record) =>
      tellings.has(record)
        ? { ...record, told: record.active ? ('raised' as const) : ('cleared' as const), toldAtMs: nowMs }
        : record,
    ),
  };
};

/** One line for each thing: the gravest cause that holds, the mildest that went. */
const itemsOf = (tellings: ReadonlyMap<AlertRecord, Telling>): NotificationItem[] => {
  const chosen = new Map<string, readonly [AlertRecord, Telling]>();
  for (const [record, telling] of tellings) {
    const key = `${record.group} ${telling === 'cleared'}`;
    const other = chosen.get(key);
    const isBetter =
      other === undefined ||
      (telling === 'cleared' ? rungOf(record) < rungOf(other[0]) : rungOf(record) > rungOf(other[0]));
    if (isBetter) chosen.set(key, [record, telling]);
  }
  return [...chosen.values()]
    .map(([{ cause, vmId, vm, disk, raisedAtMs, text }, kind]) => ({
      kind,
      cause,
      severity: kind === 'cleared' ? ('info' as const) : severityOf(cause),
      vmId,
      vm,
      disk,
      since: new Date(raisedAtMs).toISOString(),
      text,
    }))
    .sort((a, b) => gravity[a.severity] - gravity[b.severity]);
};

const gravity = { critical: 0, warning: 1, info: 2 } as const;
