import {
  type AlertCause,
  alertSeverities,
  type NotificationItem,
  type NotificationReport,
} from '../../contract/alerts.ts';
import type { TestText } from '../../contract/engine-phrases.ts';

/** What each cause is called when it begins to hold, and when it no longer does. */
const titles: Readonly<Record<AlertCause, readonly [raised: string, cleared: string]>> = {
  healthWarning: ['health is Warning', 'health is Normal again'],
  healthCritical: ['health is Critical', 'health is not Critical any more'],
  rpoHalf: ['RPO past half its limit', 'RPO back below half its limit'],
  rpoLimit: ['RPO past its limit', 'RPO back within its limit'],
  log30: ['log past 30 % of the disk', 'log back below 30 % of the disk'],
  log40: ['log past 40 % of the disk', 'log back below 40 % of the disk'],
  log50: ['log past 50 % of the disk', 'log back below 50 % of the disk'],
  volumeLow: ['a volume is low on space', 'a volume has space again'],
  volumeReserve: ['a volume is nearly full', 'a volume is not nearly full any more'],
  signature14Days: ['an access signature ends within 14 days', 'an access signature was renewed'],
  signature3Days: ['an access signature ends within 3 days', 'an access signature was renewed'],
  silent: ['nothing replicated for an hour', 'replicating again'],
};

const titleOf = ({ kind, cause, vm }: NotificationItem): string => {
  const title = titles[cause][kind === 'cleared' ? 1 : 0];
  const said = kind === 'reminder' ? `still: ${title}` : title;
  return vm === null ? said.charAt(0).toUpperCase() + said.slice(1) : `${vm}: ${said}`;
};

const namedVms = 3;

const joinedTitle = (items: readonly NotificationItem[]): string => {
  const [first] = items;
  if (items.length === 1 && first !== undefined) return titleOf(first);
  const vms = [...new Set(items.flatMap(({ vm }) => (vm === null ? [] : [vm])))];
  const named = vms.slice(0, namedVms).join(', ');
  const others = vms.length - namedVms;
  const whose = vms.length === 0 ? '' : `: ${named}${others > 0 ? ` and ${others} more` : ''}`;
  const raised = items.filter(({ kind }) => kind !== 'cleared').length;
  if (raised === 0) return `${items.length} recoveries${whose}`;
  return `${raised} ${raised === 1 ? 'alert' : 'alerts'}${raised < items.length ? ` and ${items.length - raised} ${items.length - raised === 1 ? 'recovery' : 'recoveries'}` : ''}${whose}`;
};

/** A message of what is to be told. */
export const composeNotification = (
  items: readonly NotificationItem[],
  { id, atMs, host }: { readonly id: string; readonly atMs: number; readonly host: string },
): NotificationReport => ({
  id,
  at: new Date(atMs).toISOString(),
  kind: 'alert',
  severity:
    alertSeverities.findLast((severity) => items.some((item) => item.severity === severity)) ?? 'info',
  host,
  title: joinedTitle(items),
  // A single one has its title above it.
  text:
    items.length === 1
      ? (items[0]?.text ?? '')
      : items.map((item) => `${titleOf(item)}. ${item.text}`).join('\n'),
  items,
});

/** What the test button sends. */
export const testNotification = ({
  id,
  atMs,
  host,
}: {
  readonly id: string;
  readonly atMs: number;
  readonly host: string;
}): NotificationReport => ({
  id,
  at: new Date(atMs).toISOString(),
  kind: 'test',
  severity: 'info',
  host,
  title: 'Test message' satisfies TestText,
  text: `This is how alerts of ${host} will reach you. Nothing has happened.` satisfies TestText,
  items: [],
});
