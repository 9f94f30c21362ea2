import { type AlertFamily, alertLadders } from '../../contract/alerts.ts';
import { type AlertRecord, type AlertState, keyOf } from './alert-state.ts';

/** How one thing stands at one moment. */
export interface AlertMeasure {
  /** The thing: `log:VM:DISK`. */
  readonly group: string;
  readonly family: AlertFamily;
  readonly vmId: string | null;
  readonly vm: string | null;
  readonly disk: string | null;
  /** How many causes of the family's ladder hold; null while that cannot be told. */
  readonly rung: number | null;
  /** How it stands, one sentence: also said when it is well again. */
  readonly text: string;
}

export interface Observation {
  readonly measures: readonly AlertMeasure[];
  /** Families of which some things could not be looked at: what is missing of them is not gone. */
  readonly uncertain: readonly AlertFamily[];
}

const firstSettleMs = 5 * 60_000;

/**
 * How long a cause must be absent before it counts as gone. The first time that is believed at once; one that keeps
 * coming back must stay away longer each time, so that what flaps ends as one alert that lasts.
 */
const settleMs = (returns: number, quietMs: number): number =>
  returns === 0 ? 0 : Math.min(quietMs, firstSettleMs * 2 ** (returns - 1));

/** What is remembered after an observation. Pure. */
export const observeAlerts = (
  before: AlertState,
  { measures, uncertain }: Observation,
  nowMs: number,
  quietMs: number,
): AlertState => {
  const records = new Map(before.map((record) => [keyOf(record), notAfter(record, nowMs)]));
  const seen = new Set<string>();
  for (const measure of measures) {
    seen.add(measure.group);
    if (measure.rung === null) continue;
    const { group, family, vmId, vm, disk, rung, text } = measure;
    let holds = false;
    // The gravest first: what still counts as there keeps the milder ones with it.
    for (const [at, cause] of [...alertLadders[family].entries()].reverse()) {
      const key = keyOf({ group, cause });
      const known = records.get(key);
      const subject = { group, family, cause, vmId, vm, disk, text };
      holds ||= at < rung;
      const next = holds ? held(known, subject, nowMs, quietMs) : missed(known, text, nowMs, quietMs);
      if (next === undefined) continue;
      records.set(key, next);
      holds = next.active;
    }
  }
  for (const [key, record] of records) {
    if (!record.active || seen.has(record.group) || uncertain.includes(record.family)) continue;
    records.set(key, { ...ended(record, nowMs), text: goneText(record) });
  }
  return [...records.values()].filter((record) => !isForgotten(record, nowMs, quietMs));
};

const held = (
  known: AlertRecord | undefined,
  subject: Pick<AlertRecord, 'group' | 'family' | 'cause' | 'vmId' | 'vm' | 'disk' | 'text'>,
  nowMs: number,
  quietMs: number,
): AlertRecord => {
  if (known?.active) return { ...known, ...subject, absentSinceMs: null };
  const isBack = known !== undefined && nowMs - known.turnedAtMs < quietMs;
  return {
    ...subject,
    active: true,
    raisedAtMs: nowMs,
    turnedAtMs: nowMs,
    absentSinceMs: null,
    returns: isBack ? known.returns + 1 : 0,
    told: known?.told ?? 'nothing',
    toldAtMs: known?.toldAtMs ?? null,
  };
};

const missed = (
  known: AlertRecord | undefined,
  text: string,
  nowMs: number,
  quietMs: number,
): AlertRecord | undefined => {
  if (!known?.active) return known;
  const absentSinceMs = known.absentSinceMs ?? nowMs;
  if (nowMs - absentSinceMs < settleMs(known.returns, quietMs)) return { ...known, absentSinceMs };
  return { ...ended(known, nowMs), text };
};

const ended = (record: AlertRecord, nowMs: number): AlertRecord => ({
  ...record,
  active: false,
  turnedAtMs: nowMs,
  absentSinceMs: null,
});

const goneText = ({ vm, disk }: AlertRecord): string =>
  vm === null
    ? 'It is not used any more.'
    : disk === null
      ? `${vm} is not protected any more.`
      : `${disk} of ${vm} is not protected any more.`;

/** Nothing is left to tell of it, and coming back it would be new. */
const isForgotten = ({ active, told, turnedAtMs }: AlertRecord, nowMs: number, quietMs: number): boolean =>
  !active && told !== 'raised' && nowMs - turnedAtMs >= quietMs;

/** A clock that was set back must not hold up what is due. */
const notAfter = (record: AlertRecord, nowMs: number): AlertRecord => ({
  ...record,
  raisedAtMs: Math.min(record.raisedAtMs, nowMs),
  turnedAtMs: Math.min(record.turnedAtMs, nowMs),
  absentSinceMs: record.absentSinceMs === null ? null : Math.min(record.absentSinceMs, nowMs),
  toldAtMs: record.toldAtMs === null ? null : Math.min(record.toldAtMs, nowMs),
});
