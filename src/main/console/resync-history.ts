import type { ResyncHistoryReport } from '../../contract/resync-reports.ts';
import type { Store } from '../store/store.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** Why a VM was marked for resynchronization and what came of it, the newest `limit`, oldest first. */
export const resyncHistory = (
  { resyncs }: Store,
  { vmId, name }: { readonly vmId: string; readonly name: string },
  limit: number,
): ResyncHistoryReport => ({
  vmId,
  vm: name,
  resyncs: resyncs.list({ vmId, limit }).map((entry) => ({
    id: entry.id,
    code: entry.code,
    cause: entry.message,
    disk: entry.disk,
    prevention: entry.prevention,
    markedAt: iso(entry.markedAtMs),
    byHand: entry.byHand,
    resolvedAt: entry.resolvedAtMs === null ? null : iso(entry.resolvedAtMs),
    comparedBlocks: entry.outcome?.comparedBlocks ?? null,
    differentBlocks: entry.outcome?.differentBlocks ?? null,
    sentBytes: entry.outcome?.sentBytes ?? null,
    durationMs: entry.outcome?.durationMs ?? null,
  })),
});
