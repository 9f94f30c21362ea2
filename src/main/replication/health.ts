import { errorCatalogue } from '../../contract/errors.ts';
import type { Health } from '../../contract/model.ts';
import type { HealthReason } from '../../contract/reports.ts';
import type { ProtectionRecord } from '../store/records.ts';
import { isExhausted } from './retry-schedule.ts';

/** What health is judged by, beside the VM's record. */
export interface HealthFacts {
  readonly nowMs: number;
  /** Cycles of the monitoring interval that were due, and those of them that did not succeed. */
  readonly cyclesDue: number;
  readonly cyclesMissed: number;
  /** Disks whose volume has no room for their log. */
  readonly unlogged: readonly {
    readonly disk: string;
    readonly sinceMs: number;
    readonly changedBytes: number;
  }[];
}

const hourMs = 3_600_000;
const missedShare = 0.2;
/** A share of fewer cycles than this says nothing: one failure in a VM's first minutes is no trend. */
const fewestCycles = 5;

/**
 * Health by the table of replication-rules.md, with its reasons in words, the gravest first.
 *
 * | health   | when                                                                                      |
 * |----------|-------------------------------------------------------------------------------------------|
 * | Critical | a non-recoverable error, resynchronization required, retries down to one in 30 minutes    |
 * | Warning  | initial replication incomplete, paused, > 1 h since the last send, > 20 % of cycles missed, |
 * |          | no room for the log of a disk                                                             |
 * | Normal   | none of these                                                                             |
 */
export const judgeHealth = (
  vm: ProtectionRecord,
  facts: HealthFacts,
): { health: Health; reasons: HealthReason[] } => {
  const critical = criticalReasons(vm);
  const warnings = warningReasons(vm, facts);
  const health: Health = critical.length > 0 ? 'Critical' : warnings.length > 0 ? 'Warning' : 'Normal';
  return { health, reasons: [...critical, ...warnings] };
};

const criticalReasons = (vm: ProtectionRecord): HealthReason[] => {
  const reasons: HealthReason[] = [];
  if (vm.resync !== null) {
    reasons.push({
      text: `Must be resynchronized: ${vm.resync.message}`,
      sinceMs: vm.resync.sinceMs,
      code: vm.resync.code,
    });
  }
  if (vm.error !== null) {
    reasons.push({
      text: `${errorCatalogue[vm.error.code].title}: ${vm.error.message}`,
      sinceMs: vm.retry?.firstFailureAtMs ?? vm.lastSyncAtMs ?? vm.protectedAtMs,
      code: vm.error.code,
    });
  }
  if (vm.retry !== null && isExhausted(vm.retry.attempts)) {
    reasons.push({
      text: `${vm.retry.attempts} attempts failed; tried every 30 minutes now: ${vm.retry.lastError.message}`,
      sinceMs: vm.retry.firstFailureAtMs,
      code: vm.retry.lastError.code,
    });
  }
  return reasons;
};

const warningReasons = (
  vm: ProtectionRecord,
  { nowMs, cyclesDue, cyclesMissed, unlogged }: HealthFacts,
): HealthReason[] => {
  const reasons: HealthReason[] = [];
  if (vm.committedCut === 0) {
    reasons.push({ text: 'Initial replication is not complete.', sinceMs: vm.protectedAtMs });
  }
  if (vm.pausedAtMs !== null) {
    reasons.push({ text: 'Replication is paused; changes are still tracked.', sinceMs: vm.pausedAtMs });
  }
  if (vm.retry !== null && !isExhausted(vm.retry.attempts)) {
    reasons.push({
      text: `The last attempt failed: ${vm.retry.lastError.message}`,
      sinceMs: vm.retry.firstFailureAtMs,
      code: vm.retry.lastError.code,
    });
  }
  for (const { disk, sinceMs, changedBytes } of unlogged) {
    const waits = changedBytes === 0 ? 'none wait' : `up to ${formatMebibytes(changedBytes)} of them wait`;
    reasons.push({
      text: `The volume of ${disk} is too full for the log: changes are remembered in a bitmap and sent without one; ${waits} to be sent.`,
      sinceMs,
      code: 'VOLUME_LOW_SPACE',
    });
  }
  if (vm.lastSyncAtMs !== null && nowMs - vm.lastSyncAtMs > hourMs) {
    reasons.push({ text: 'Nothing has been replicated for more than an hour.', sinceMs: vm.lastSyncAtMs });
  }
  if (cyclesDue >= fewestCycles && cyclesMissed / cyclesDue > missedShare) {
    reasons.push({
      text: `${cyclesMissed} of the last ${cyclesDue} replication cycles were missed.`,
      sinceMs: vm.retry?.firstFailureAtMs ?? nowMs,
    });
  }
  return reasons;
};

const formatMebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
