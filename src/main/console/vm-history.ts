import type { VmHistoryReport } from '../../contract/reports.ts';
import type { Store } from '../store/store.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** What was tried and what came of it, oldest first; both lists at most `limit` long. */
export const vmHistory = (
  { attempts, cycles }: Store,
  { vmId, name }: { readonly vmId: string; readonly name: string },
  limit: number,
): VmHistoryReport => ({
  vmId,
  vm: name,
  attempts: attempts.list({ vmId, limit }).map(({ id, atMs, what, outcome, error }) => ({
    id,
    at: iso(atMs),
    what,
    outcome,
    error,
  })),
  cycles: cycles.list({ vmId, limit }).map(({ id, endedAtMs, outcome, sentBytes, latencyMs }) => ({
    id,
    endedAt: iso(endedAtMs),
    outcome,
    sentBytes,
    latencyMs,
  })),
});
