/** Resynchronization: why a VM needs one, when it comes, and what earlier ones came to. Units as in `reports.ts`. */

import type { ErrorCode } from './error-catalogue.ts';

/** Why a VM is marked for resynchronization. */
export interface ResyncStatus {
  readonly code: ErrorCode;
  /** What happened, one sentence. */
  readonly cause: string;
  /** Name of the disk that it came from; null when it is not one disk's. */
  readonly disk: string | null;
  /** Names of the disks that it is about, where the VM's others are replicated on; absent: the whole VM. */
  readonly disks?: readonly string[];
  readonly since: string;
  /** What would have prevented it, one sentence. */
  readonly prevention: string;
  /** A person asked for it: it runs at once and is not bound by the window. */
  readonly byHand: boolean;
  /** When the VM is resynchronized by itself; null while it runs, is paused, or waits for a person. */
  readonly nextWindowAt: string | null;
}

/** One mark of a VM. */
export interface ResyncHistoryEntry {
  readonly id: number;
  readonly code: ErrorCode;
  readonly cause: string;
  readonly disk: string | null;
  readonly prevention: string;
  readonly markedAt: string;
  readonly byHand: boolean;
  /** When the VM was in order again; null while it is not. */
  readonly resolvedAt: string | null;
  readonly comparedBlocks: number | null;
  readonly differentBlocks: number | null;
  readonly sentBytes: number | null;
  readonly durationMs: number | null;
}

/** The answer to `resync.history`, oldest first. */
export interface ResyncHistoryReport {
  readonly vmId: string;
  readonly vm: string;
  readonly resyncs: readonly ResyncHistoryEntry[];
}
