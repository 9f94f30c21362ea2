import { errorCatalogue } from '../../../contract/error-catalogue.ts';
import type { Health } from '../../../contract/model.ts';
import type { HealthReason } from '../../../contract/reports.ts';
import { formatBytes } from '../../platform/size-words.ts';
import { utcMinute } from '../../platform/utc-minute.ts';
import type { ProtectionRecord } from '../../store/records.ts';
import type { DiskMark, ResyncMark } from '../../store/resync-record.ts';
import { isExhausted } from '../attempts/retry-schedule.ts';
import { describeUnprotected } from '../tracking/unprotected-disks.ts';
import type { OffPeriod } from './engine-off.ts';
import { averageLatencyMs, type StatisticsTotals } from './statistics.ts';
import type { Stumble } from './stumbles.ts';

/** What health is judged by, beside the VM's record. */
export interface HealthFacts {
  readonly nowMs: number;
  /** What became of the cycles of the monitoring interval; since when too many are missed, or take too long. */
  readonly totals: StatisticsTotals;
  readonly missedSinceMs: number | null;
  readonly slowSinceMs: number | null;
  /** When no engine ran, until a cycle succeeds after it. */
  readonly engineOff: (OffPeriod & { readonly isOver: boolean }) | null;
  /** What keeps the engine itself from going on. */
  readonly stumble: Stumble | null;
  /** Disks whose volume has no room for their log. */
  readonly unlogged: readonly {
    readonly disk: string;
    readonly sinceMs: number;
    readonly changedBytes: number;
    /** It was not the volume: the log reached its limit again right after a resynchronization. */
    readonly outgrown: boolean;
  }[];
  /** The vault's sign-in ends soon, or has ended. */
  readonly signInEnds: { readonly text: string; readonly sinceMs: number } | null;
  /** Logs that are on their way to their limit, each with a sentence that says so. */
  readonly largeLogs: readonly { readonly text: string; readonly sinceMs: number }[];
  /** Disks that must be resynchronized, or copied for the first time, alone, with their causes. */
  readonly marked: readonly (DiskMark & { readonly disk: string })[];
}

const hourMs = 3_600_000;
const missedShare = 0.2;
/**
 * A share of fewer cycles than this, or of less than half an hour, says nothing: one failure and its retry cost a VM with a
 * frequency of 30 seconds two cycles and more.
 */
const fewestCycles = 5;
const shortestTrendMs = 30 * 60_000;
const longestLatencyMs = 5 * 60_000;
/** When the retries of a VM are exhausted: 1, 2, 4, 8, 10 minutes. What the engine itself stumbles over is tried each minute. */
const longestStumbleMs = 25 * 60_000;

/** What was missed though an engine ran, and what was due then. */
const whileOn = ({ done, missed, whileOff }: StatisticsTotals): { missed: number; due: number } => {
  const missedWhileOn = Math.max(0, missed - whileOff);
  return { missed: missedWhileOn, due: done + missedWhileOn };
};

/** Whether more than 20 % of the cycles due were missed: those while no engine ran have a reason of their own. */
export const missesTooMany = (
  totals: StatisticsTotals,
  { frequencySeconds }: Pick<ProtectionRecord, 'frequencySeconds'>,
): boolean => {
  const { missed, due } = whileOn(totals);
  const fewest = Math.max(fewestCycles, shortestTrendMs / (frequencySeconds * 1000));
  return due >= fewest && missed / due > missedShare;
};

/** Whether cycles that send something take more than 5 minutes on average. */
export const isSlow = (totals: StatisticsTotals): boolean =>
  (averageLatencyMs(totals) ?? 0) > longestLatencyMs;

/**
 * Health by the table of replication-rules.md, with its reasons in words, the gravest first.
 *
 * | health   | when                                                                                      |
 * |----------|-------------------------------------------------------------------------------------------|
 * | Critical | a non-recoverable error, resynchronization required, retries down to one in 30 minutes,   |
 * |          | the engine itself at a standstill (no room for its database) for 25 minutes; before: Warning |
 * | Warning  | initial replication incomplete, resynchronized though nothing was wrong, paused,            |
 * |          | > 1 h since the last send, > 20 % of cycles missed,                                         |
 * |          | average latency > 5 min, an attempt failed, no room for the log of a disk, a log ≥ 30 %,    |
 * |          | a disk that is neither protected nor excluded,                                              |
 * |          | a vault's sign-in ends within 14 days, the engine was off and no cycle succeeded since     |
 * | Normal   | none of these                                                                             |
 */
export const judgeHealth = (
  vm: ProtectionRecord,
  facts: HealthFacts,
): { health: Health; reasons: HealthReason[] } => {
  const critical = criticalReasons(vm, facts);
  const warnings = warningReasons(vm, facts);
  const health: Health = critical.length > 0 ? 'Critical' : warnings.length > 0 ? 'Warning' : 'Normal';
  return { health, reasons: [...critical, ...warnings] };
};

/** A resynchronization that a person wanted though nothing was wrong, and that goes on by itself to its end. */
const isAskedOnly = ({ byHandOnly, askedAtMs }: ResyncMark): boolean =>
  byHandOnly === true && askedAtMs !== undefined;

const stumbleReasons = (
  { stumble, nowMs }: HealthFacts,
  kind: 'retrying' | 'retriesExhausted',
): HealthReason[] => {
  if (stumble === null) return [];
  const { error, sinceMs } = stumble;
  const isLong = nowMs - sinceMs >= longestStumbleMs;
  if (isLong !== (kind === 'retriesExhausted')) return [];
  const text = `The engine cannot go on, and tries again every minute: ${error.message}`;
  return [{ kind, text, sinceMs, code: error.code }];
};

const criticalReasons = (vm: ProtectionRecord, facts: HealthFacts): HealthReason[] => {
  const { marked } = facts;
  const reasons = stumbleReasons(facts, 'retriesExhausted');
  for (const { disk, code, message, sinceMs, joins } of marked) {
    if (joins === true) continue;
    const text = `${disk} must be resynchronized; the other disks are replicated on, but make no recovery points without it: ${message}`;
    reasons.push({ kind: 'resync', text, sinceMs, code });
  }
  if (vm.resync !== null && marked.length === 0 && !isAskedOnly(vm.resync)) {
    reasons.push({
      kind: 'resync',
      text: `Must be resynchronized: ${vm.resync.message}`,
      sinceMs: vm.resync.sinceMs,
      code: vm.resync.code,
    });
  }
  if (vm.error !== null) {
    reasons.push({
      kind: 'error',
      text: `${errorCatalogue[vm.error.code].title}: ${vm.error.message}`,
      sinceMs: vm.retry?.firstFailureAtMs ?? vm.lastSyncAtMs ?? vm.protectedAtMs,
      code: vm.error.code,
    });
  }
  if (vm.retry !== null && isExhausted(vm.retry.attempts)) {
    reasons.push({
      kind: 'retriesExhausted',
      text: `${vm.retry.attempts} attempts failed; tried every 30 minutes now: ${vm.retry.lastError.message}`,
      sinceMs: vm.retry.firstFailureAtMs,
      code: vm.retry.lastError.code,
    });
  }
  return reasons;
};

/** A disk that was included is not safe before its first copy is complete. */
const joiningReason = ({ name, resync }: ProtectionRecord, disk: string, sinceMs: number): HealthReason => {
  if (resync?.retry !== undefined) {
    const { message, code } = resync.retry.lastError;
    return { kind: 'retrying', text: `The first copy of ${disk} failed: ${message}`, sinceMs, code };
  }
  if (resync?.askedAtMs === undefined) {
    const text = `The first copy of ${disk} has stopped and waits for somebody to go on: hvrc resync "${name}".`;
    return { kind: 'unprotectedDisk', text, sinceMs, code: 'DISK_NOT_PROTECTED' };
  }
  const text = `The first copy of ${disk} is not complete; recovery points have the disk from then on.`;
  return { kind: 'initial', text, sinceMs };
};

const warningReasons = (vm: ProtectionRecord, facts: HealthFacts): HealthReason[] => {
  const { nowMs, totals, engineOff, missedSinceMs, slowSinceMs, unlogged, signInEnds, largeLogs } = facts;
  const reasons = stumbleReasons(facts, 'retrying');
  if (vm.committedCut === 0) {
    reasons.push({
      kind: 'initial',
      text: 'Initial replication is not complete.',
      sinceMs: vm.protectedAtMs,
    });
  }
  if (vm.resync !== null && isAskedOnly(vm.resync)) {
    const { askedAtMs, sinceMs } = vm.resync;
    const asked = utcMinute(askedAtMs ?? sinceMs);
    reasons.push({
      kind: 'resyncAsked',
      text:
        vm.pausedAtMs === null
          ? `It is being resynchronized, asked for by hand at ${asked}.`
          : `A resynchronization asked for by hand at ${asked} goes on when replication does.`,
      sinceMs,
    });
  }
  if (vm.pausedAtMs !== null) {
    reasons.push({
      kind: 'paused',
      text: 'Replication is paused; changes are still tracked.',
      sinceMs: vm.pausedAtMs,
    });
  }
  if (vm.retry !== null && !isExhausted(vm.retry.attempts)) {
    reasons.push({
      kind: 'retrying',
      text: `The last attempt failed: ${vm.retry.lastError.message}`,
      sinceMs: vm.retry.firstFailureAtMs,
      code: vm.retry.lastError.code,
    });
  }
  for (const { disk, sinceMs, joins } of facts.marked) {
    if (joins === true) reasons.push(joiningReason(vm, disk, sinceMs));
  }
  for (const disk of vm.unprotected ?? []) {
    reasons.push({
      kind: 'unprotectedDisk',
      text: describeUnprotected(disk),
      sinceMs: disk.sinceMs,
      code: 'DISK_NOT_PROTECTED',
    });
  }
  for (const { text, sinceMs } of largeLogs) reasons.push({ kind: 'largeLog', text, sinceMs });
  for (const { disk, sinceMs, changedBytes, outgrown } of unlogged) {
    const waits = changedBytes === 0 ? 'none wait' : `up to ${formatBytes(changedBytes)} of them wait`;
    reasons.push({
      kind: 'noLogRoom',
      text: `${outgrown ? `The log of ${disk} outgrew its limit right after a resynchronization` : `The volume of ${disk} is too full for the log`}: changes are remembered in a bitmap and sent without one; ${waits} to be sent.`,
      sinceMs,
      code: outgrown ? 'HRL_THRESHOLD' : 'VOLUME_LOW_SPACE',
    });
  }
  if (signInEnds !== null) reasons.push({ kind: 'signInEnds', code: 'VAULT_ACCESS_DENIED', ...signInEnds });
  if (vm.lastSyncAtMs !== null && nowMs - vm.lastSyncAtMs > hourMs) {
    reasons.push({
      kind: 'silent',
      text: 'Nothing has been replicated for more than an hour.',
      sinceMs: vm.lastSyncAtMs + hourMs,
    });
  }
  if (engineOff !== null) {
    const { fromMs, toMs, isOver } = engineOff;
    reasons.push({
      kind: 'engineOff',
      text: isOver
        ? `The engine was off from ${utcMinute(fromMs)} to ${utcMinute(toMs)}; no cycle has succeeded since.`
        : `The engine has not run since ${utcMinute(fromMs)}.`,
      sinceMs: fromMs,
    });
  }
  if (missesTooMany(totals, vm)) {
    const { missed, due } = whileOn(totals);
    reasons.push({
      kind: 'missedCycles',
      text: `${missed} of ${due} replication cycles of this monitoring interval were missed.`,
      sinceMs: missedSinceMs ?? nowMs,
    });
  }
  if (isSlow(totals)) {
    const minutes = ((averageLatencyMs(totals) ?? 0) / 60_000).toFixed(1);
    reasons.push({
      kind: 'slow',
      text: `Changes take ${minutes} minutes on average to reach the vault; 5 are allowed.`,
      sinceMs: slowSinceMs ?? nowMs,
    });
  }
  return reasons;
};
