import type { ProtectionRecord } from '../store/records.ts';

/** Where replication stands of a VM of which nothing is known yet. */
export const nothingReplicated = {
  cut: 0,
  committedCut: 0,
  lastSyncAtMs: null,
  committedConsistency: null,
  unsent: null,
  shipment: null,
  direct: null,
  nextSequence: 1,
  lastCycle: null,
  nextCycleAtMs: null,
  retry: null,
  error: null,
  resync: null,
} as const satisfies Partial<ProtectionRecord>;
