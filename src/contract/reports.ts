/**
 * The reports: plain readonly data that the engine hands to whoever asks, and all that a screen or a table may read.
 * Names ending in `At` are ISO 8601 times in UTC, those in `Ms` milliseconds (since the epoch where they name a moment),
 * those in `Bytes` bytes.
 */

import type { ErrorClass, ErrorCode } from './error-catalogue.ts';
import type { ErrorReport } from './errors.ts';
import type { CycleResult, JobKind, JobReport } from './job-reports.ts';
import type { DiskFormat, Health, ReplicationState } from './model.ts';
import type { PrerequisiteCheck } from './prerequisites.ts';
import type { RebuiltReport } from './rebuilt.ts';
import type { ResyncProgress } from './resync.ts';
import type { ResyncStatus } from './resync-reports.ts';
import type { UnprotectedDisk } from './unprotected-disk.ts';

export type ProgressPhase =
  | 'checking'
  | 'initial'
  | 'scan'
  | 'delta'
  | 'apply'
  | 'verify'
  | 'resync'
  | 'restore';

/** How far one disk's long operation is. `doneBytes + skippedBytes` reaches `totalBytes` at the end. */
export interface Progress {
  readonly phase: ProgressPhase;
  /** Bytes moved or compared, those of an earlier run that was resumed included. */
  readonly doneBytes: number;
  /** Bytes known to need no work: holes, zeros, unchanged blocks. */
  readonly skippedBytes: number;
  readonly totalBytes: number;
  /** Over the last 10 seconds; null until something moved. */
  readonly rateBytesPerSecond: number | null;
  readonly etaSeconds: number | null;
  /** The fraction (0–1) at which this run took up an earlier one; null for a fresh start. */
  readonly resumedAt: number | null;
  /** What holds it up or back, in words for people; null while nothing does. */
  readonly blockedOn: string | null;
}

/** Why health is not Normal; by it the same reason is known again while its words change. */
export type HealthReasonKind =
  | 'resync'
  | 'resyncAsked'
  | 'error'
  | 'retriesExhausted'
  | 'initial'
  | 'paused'
  | 'retrying'
  | 'unprotectedDisk'
  | 'noLogRoom'
  | 'largeLog'
  | 'silent'
  | 'engineOff'
  | 'missedCycles'
  | 'signInEnds'
  | 'slow';

export interface HealthReason {
  readonly kind: HealthReasonKind;
  readonly text: string;
  readonly sinceMs: number;
  readonly code?: ErrorCode;
}

/** Recoverable trouble: what failed and when the next attempt comes. */
export interface RetryStatus {
  readonly attempts: number;
  readonly firstFailureAt: string;
  readonly nextAttemptAt: string;
  readonly lastError: ErrorReport;
}

export interface DiskStatus {
  readonly id: string;
  readonly name: string;
  /** The file the VM writes into. */
  readonly path: string;
  readonly format: DiskFormat;
  readonly sizeBytes: number;
  /** Path or URL of the replica, without secrets; null when there is none. */
  readonly replica: string | null;
  readonly excluded: boolean;
  /** It cannot be excluded. */
  readonly isOperatingSystem?: boolean;
  readonly hrl: {
    /** The log's path beside the disk; null when the disk is not tracked. */
    readonly path: string | null;
    /** The growing log and the sealed ones in transit together. */
    readonly bytes: number;
    /** 50 % of the disk: beyond it the VM must be resynchronized. */
    readonly thresholdBytes: number;
    /** When the logs will have grown to the threshold at the rate of the last hour; null while they do not grow. */
    readonly thresholdAt: string | null;
    /**
     * Set while the volume has no room for the log: changed blocks are remembered in a bitmap and sent without a log.
     * `changedBytes` is what the bitmap's blocks come to, 0 when all of it was sent.
     */
    readonly degraded: { readonly since: string; readonly changedBytes: number } | null;
  };
  readonly progress: Progress | null;
  readonly error: ErrorReport | null;
}

export interface VmStatus {
  readonly id: string;
  readonly name: string;
  /** The VM's folder. */
  readonly path: string;
  readonly protected: boolean;
  readonly state: ReplicationState;
  readonly stateNumber: number;
  readonly health: Health;
  readonly healthReasons: readonly HealthReason[];
  /** Name of the vault; null when not protected. */
  readonly vault: string | null;
  readonly frequencySeconds: number | null;
  /** How many recovery points are kept; of protected VMs. */
  readonly retentionPoints?: number;
  /** For how many hours; null, or left out, for no such limit. */
  readonly retentionHours?: number | null;
  /** Requests in flight to a storage account: what was chosen for this VM; null, or left out, for what the settings say. */
  readonly uploadThreads?: number | null;
  /** Now minus the source time of the last change safely at the vault; null before the first replica is complete. */
  readonly rpoSeconds: number | null;
  /** What the RPO should stay below; null when not protected. */
  readonly rpoLimitSeconds: number | null;
  readonly lastSyncAt: string | null;
  readonly nextCycleAt: string | null;
  readonly paused: boolean;
  /** What runs now, in words for people; null when nothing does. */
  readonly activity: string | null;
  readonly retry: RetryStatus | null;
  readonly resync: ResyncStatus | null;
  /** While a resynchronization runs. */
  readonly resyncProgress?: ResyncProgress;
  readonly lastCycle: CycleResult | null;
  readonly disks: readonly DiskStatus[];
  /** Disks that the VM had at the last look and that are neither protected nor excluded; left out when there are none. */
  readonly unprotectedDisks?: readonly UnprotectedDisk[];
}

/** A VM's reason as one of its host's. */
export interface HostHealthReason extends HealthReason {
  readonly vmId: string;
  readonly vm: string;
}

/** The worst health of the protected VMs, and the reasons of those that are not Normal: of the worst VMs first. */
export interface HostHealth {
  readonly health: Health;
  readonly reasons: readonly HostHealthReason[];
}

/** The answer to `status`: every protected VM, worst health first, or the one asked for. */
export interface StatusReport {
  readonly host: string | null;
  /** False when requests are served without replication cycles running. */
  readonly engineRunning: boolean;
  /** Of all protected VMs, whichever were asked for. */
  readonly hostHealth: HostHealth;
  /** When the window for resynchronizations opens next; null when it is off. */
  readonly nextWindowAt: string | null;
  /** Told for a day, and until every VM goes on. */
  readonly rebuilt?: RebuiltReport;
  readonly vms: readonly VmStatus[];
}

export const eventLevels = ['info', 'warning', 'error'] as const;

export interface EventReport {
  /** Grows with each event. */
  readonly id: number;
  readonly at: string;
  readonly level: (typeof eventLevels)[number];
  readonly code: ErrorCode | null;
  readonly class: ErrorClass | null;
  readonly vmId: string | null;
  readonly vm: string | null;
  readonly disk: string | null;
  readonly text: string;
}

/** The answer to `protect`. With `checkOnly` there is neither status nor job. */
export interface ProtectReport {
  readonly vm: string;
  readonly checks: readonly PrerequisiteCheck[];
  readonly status: VmStatus | null;
  /** The initial replication: queued, and running once replication cycles run. */
  readonly job: JobReport | null;
}

/** One try at a VM's replication. */
export interface AttemptReport {
  readonly id: number;
  /** When it ended. */
  readonly at: string;
  readonly what: JobKind;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly error: ErrorReport | null;
}

export interface CycleReport {
  readonly id: number;
  readonly endedAt: string;
  readonly outcome: 'succeeded' | 'failed' | 'missed';
  readonly sentBytes: number;
  /** From the source time of the cut to its confirmation by the vault; null when there was none. */
  readonly latencyMs: number | null;
}

/** The answer to `vm.history`, oldest first. */
export interface VmHistoryReport {
  readonly vmId: string;
  readonly vm: string;
  readonly attempts: readonly AttemptReport[];
  readonly cycles: readonly CycleReport[];
}

export interface EngineReport {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** False when requests are served without replication cycles running. */
  readonly running: boolean;
  readonly protectedVms: number;
  /** Resident memory of the process, all threads: now, and the most it has been. */
  readonly memoryBytes: number;
  readonly peakMemoryBytes: number;
  /** How late the main thread's timers ran in the worst 1 % of cases since the start, milliseconds. */
  readonly eventLoopDelayP99Ms: number;
  /** Told for a day, and until every VM goes on. */
  readonly rebuilt?: RebuiltReport;
}
