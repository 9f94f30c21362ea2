import type { VmStatus } from '../../contract/reports.ts';
import type { ResyncHistoryEntry, ResyncHistoryReport, ResyncStatus } from '../../contract/resync-reports.ts';
import { formatBytes } from '../platform/size-words.ts';
import { formatCount, formatMs, formatTime } from './format.ts';

/** What a marked VM waits for, a few words. */
export const resyncNext = (
  { byHand, nextWindowAt }: ResyncStatus,
  paused: boolean,
  now: number,
): string | null => {
  if (paused) return 'resync waits to be resumed';
  if (byHand) return 'resync asked for';
  return nextWindowAt === null ? 'waits for hvrc resync' : `resync at ${formatTime(nextWindowAt, now)}`;
};

/** Why a VM is marked, what would have prevented it, and what comes next: a line each. */
export const describeResync = (
  resync: ResyncStatus,
  { name, state, paused }: Pick<VmStatus, 'name' | 'state' | 'paused'>,
  engineRunning: boolean,
  now: number,
): string[] => {
  const lines = [
    ...(resync.disks === undefined
      ? []
      : [`Only ${resync.disks.join(', ')}: the other disks are replicated on, without recovery points.`]),
    `Resynchronization required since ${formatTime(resync.since, now)}: ${resync.cause}`,
    `Prevention: ${resync.prevention}`,
  ];
  if (state === 'Resynchronizing') return [...lines, `Hold it with hvrc pause ${name}`];
  if (paused) return [...lines, `Next: hvrc resume ${name}`];
  if (resync.nextWindowAt !== null && engineRunning)
    lines.push(`Next window: ${formatTime(resync.nextWindowAt, now)}`);
  return [...lines, `Next: hvrc resync ${name}`];
};

/** Each mark with its cause and what became of it, oldest first. */
export const describeResyncs = ({ vm, resyncs }: ResyncHistoryReport, now: number): string =>
  resyncs.length === 0
    ? `${vm} has never needed a resynchronization.`
    : resyncs.map((entry) => describeEntry(entry, now)).join('\n\n');

const describeEntry = (entry: ResyncHistoryEntry, now: number): string =>
  [
    `${formatTime(entry.markedAt, now)}  ${entry.code}${entry.disk === null ? '' : `  ${entry.disk}`}`,
    `  ${entry.cause}`,
    `  ${entry.prevention}`,
    `  ${outcomeOf(entry, now)}`,
  ].join('\n');

const outcomeOf = (entry: ResyncHistoryEntry, now: number): string => {
  if (entry.resolvedAt === null) return 'Not resolved yet.';
  const when = `Resolved at ${formatTime(entry.resolvedAt, now)}${entry.byHand ? ' by hand' : ''}`;
  const { comparedBlocks, differentBlocks, sentBytes, durationMs } = entry;
  if (comparedBlocks === null || sentBytes === null || durationMs === null) return `${when}.`;
  return `${when}: ${formatCount(comparedBlocks, 'block')} compared, ${differentBlocks} different, ${formatBytes(sentBytes)} sent in ${formatMs(durationMs)}.`;
};
