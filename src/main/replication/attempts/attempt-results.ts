import type { CycleResult, InitialReplicationResult } from '../../../contract/job-reports.ts';
import type { SendResult } from '../../workers/protocol.ts';
import type { InitialReplicationOutcome } from '../shipping/vm-initial.ts';
import type { TrackingResult } from '../tracking/vm-tracking.ts';

/** What a cycle reports; `sent` is null when there was nothing to send. */
export const cycleResult = (
  vm: string,
  tracked: TrackingResult,
  sent: SendResult | null,
  durationMs: number,
): CycleResult => ({
  kind: 'cycle',
  vm,
  changedBytes: tracked.changedBytes,
  sentBytes: sent?.sentBytes ?? 0,
  blocksCompared: tracked.comparedBlocks,
  blocksChanged: tracked.changedBlocks,
  durationMs,
  consistency: sent?.consistency ?? tracked.consistency,
  point: sent?.point?.id ?? null,
});

export const initialResult = (
  vm: string,
  { sentBytes, skippedBytes, consistency, point }: InitialReplicationOutcome,
  durationMs: number,
): InitialReplicationResult => ({
  kind: 'initial',
  vm,
  sentBytes,
  skippedBytes,
  durationMs,
  consistency,
  point: point?.id ?? null,
});
