import type { ErrorReport } from '../../contract/errors.ts';
import type { Consistency, DiskFormat } from '../../contract/model.ts';
import type { ResyncMap } from '../../contract/resync.ts';
import type { AzureAccess } from '../vault/azure/azure-access.ts';
import type { RecoveryPoint, VaultDisk, VaultWriter } from '../vault/replica-vault.ts';

/** Which vault a worker opens. Secrets travel only here, between threads of one process. */
export interface VaultSpec {
  readonly kind: 'directory' | 'azure';
  readonly target: string;
  /** The id the vault had when it was added: another volume mounted in its place is refused. */
  readonly vaultId: string;
  /** How to sign in to a storage account. */
  readonly access?: AzureAccess;
  /** Requests in flight for each VM. */
  readonly threads?: number;
}

/** One VM at a vault, as a worker opens it for writing. */
export interface ReplicaSpec {
  readonly vault: VaultSpec;
  readonly vmId: string;
  readonly writer: VaultWriter;
}

/** A source disk as one pass reads it. */
export interface SourceSpec {
  readonly diskId: string;
  /** The disk's name for people. */
  readonly name: string;
  /** The file to open: a clone or the live tip. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** The local tracking state of one disk. */
export interface TrackingSpec {
  readonly tablePath: string;
  readonly lineage: string;
  /** The chain's root file, which the logs are named after. */
  readonly rootPath: string;
}

export interface PassProgress {
  readonly diskId: string;
  readonly phase: 'initial' | 'scan' | 'delta' | 'apply' | 'verify' | 'resync' | 'restore';
  /** Bytes handled, of them skipped because nothing had to move, of `totalBytes`. */
  readonly doneBytes: number;
  readonly skippedBytes: number;
  readonly totalBytes: number;
  /** Where an interrupted copy went on; null when it started at the beginning. */
  readonly resumedAtBytes: number | null;
  /** Of a resynchronization. */
  readonly comparison?: ComparisonFigures;
}

/** How far the comparison of one disk is; what an interrupted run had done included. */
export interface ComparisonFigures {
  readonly comparedBlocks: number;
  readonly differentBlocks: number;
  /** Of the different ones: confirmed by the vault. */
  readonly sentBlocks: number;
  readonly sentBytes: number;
  /** What of the compared blocks is no zeros: a full copy would have sent it. */
  readonly dataBytes: number;
  readonly map: ResyncMap;
}

/** Every task a worker can be given: its parameters and its result. */
export interface Tasks {
  /**
   * Tracker: compares a disk with its digests and appends what changed to the active log, without a cut. Where the disk's
   * volume has no room for that, changed blocks go into the bitmap beside the digests instead.
   */
  scan: {
    params: {
      source: SourceSpec;
      tracking: TrackingSpec;
      /** The cut that the first record of a new log builds on. */
      previousCut: number;
      sequence: number;
      createdAtMs: number;
      thresholdBytes: number;
      /** What becomes of logs that reach it: the pass stops, or goes on into the bitmap. */
      atThreshold: 'mark' | 'bitmap';
      /** Free space that must be left on the disk's volume. */
      reserveBytes: number;
      /** Blocks that will have changed at least, as far as an earlier pass tells. */
      expectedBlocks: number;
      /** Where changed blocks may be narrowed down to pages; null while logs are on their way. */
      baseline: ReplicaSpec | null;
      /** What lies from here on (block-aligned, or the disk's size) is left alone: its digests mean nothing yet. */
      endOffset: number;
    };
    result: ScanResult;
  };
  /** Tracker: ends a scan: marks the cut durably and lets the digests advance. */
  cut: {
    params: { diskId: string; cut: number; takenAtMs: number; consistency: Consistency };
    result: null;
  };
  /** Tracker: drops what a scan appended since the last cut. */
  rollback: { params: { diskId: string }; result: null };
  /**
   * Tracker: renames the active log for transit, unless that is done already. Null when the disk has nothing logged.
   * Throws HRL_MISSING or HRL_CORRUPT where the digests prove that there was more.
   */
  seal: {
    params: {
      source: Omit<SourceSpec, 'path'>;
      tracking: TrackingSpec;
      previousCut: number;
      sequence: number;
    };
    result: SealedLog | null;
  };
  /**
   * Tracker: the vault has committed what `direct` sent: the digests take it over, and the side files go. Doing it again
   * changes nothing.
   */
  advanceSent: {
    params: { source: Omit<SourceSpec, 'path'>; tracking: TrackingSpec; cut: number };
    result: null;
  };
  /**
   * Tracker: what a disk's digests and logs say of themselves; changes nothing. Throws TRACKING_DAMAGED, HRL_FOREIGN,
   * HRL_CORRUPT where they are not of this disk and lineage, or not whole.
   */
  survey: {
    params: { source: Omit<SourceSpec, 'path'>; tracking: TrackingSpec; replicaCut: number };
    result: TrackingSurvey;
  };
  /** Tracker: creates the active log, empty, unless there is one. */
  openLog: {
    params: NewLogSpec & { source: Omit<SourceSpec, 'path'>; tracking: TrackingSpec };
    result: null;
  };
  /** Tracker: deletes logs; the sealed one of `sequence`, or every log of the disk. */
  dropLogs: {
    params: { diskId: string; rootPath: string; sequence: number | null };
    result: { logBytes: number };
  };
  /** Uploader: copies one disk into its initial replica, from the persisted checkpoint on. */
  initial: {
    params: {
      replica: ReplicaSpec;
      disk: VaultDisk;
      source: SourceSpec;
      tracking: TrackingSpec;
      cut: number;
    };
    result: InitialResult;
  };
  /** Uploader: sends sealed logs, commits the cut, prunes. With no logs it only commits. */
  send: { params: SendParams; result: SendResult };
  /** As `send`, in the thread that made the initial replicas: it has everything loaded that a commit needs. */
  commit: { params: SendParams; result: SendResult };
  /** As `commit`, in the thread that compared disks with their replicas. */
  renew: { params: SendParams; result: SendResult };
  /** Uploader: drops the recovery points that a policy which became smaller does not keep. Doing it again changes nothing. */
  prune: {
    params: { replica: ReplicaSpec } & Pick<SendParams, 'keepPoints' | 'keepHours'>;
    result: { prunedPoints: number };
  };
  /**
   * Uploader: compares a disk with its digests and stages what differs as a delta, without a log. The digests of what was
   * staged wait in a side file for `advanceSent`.
   */
  direct: {
    params: {
      replica: ReplicaSpec;
      source: SourceSpec;
      tracking: TrackingSpec;
      previousCut: number;
      cut: number;
      takenAtMs: number;
      /** Whether the bitmap may be believed: the source is what it was when the bitmap was made. */
      bitmapHolds: boolean;
    };
    result: DirectResult;
  };
  /** Resync engine: compares source and replica and stages the differences as a delta onto a new lineage. */
  resync: {
    params: {
      replica: ReplicaSpec;
      source: SourceSpec;
      tracking: TrackingSpec;
      cut: number;
      takenAtMs: number;
      /** Reads the replica where its recorded digests would do. */
      deep: boolean;
    };
    result: ResyncDiskResult;
  };
  /** Resync engine: compares replica and source, block by block, and the replica with its own digests. */
  verify: { params: { vault: VaultSpec; vmId: string; source: SourceSpec }; result: VerifyDiskResult };
  /** Resync engine: writes one disk of a recovery point into a new file and verifies it. */
  restore: {
    params: {
      vault: VaultSpec;
      vmId: string;
      diskId: string;
      pointId: string | null;
      toPath: string;
      format: Exclude<DiskFormat, 'raw'>;
      logicalSectorBytes: number;
    };
    result: { writtenBytes: number; verifiedBlocks: number };
  };
}

export type TaskKind = keyof Tasks;

export interface ScanResult {
  /** What stopped the pass early; null when it went through. */
  readonly stopped: 'threshold' | null;
  /** Set when the pass went into the bitmap, with what the disk's volume had left then. */
  readonly lowSpace: {
    readonly freeBytes: number;
    /** It was not the volume: the logs reached their limit. */
    readonly overgrown: boolean;
  } | null;
  readonly changedBlocks: number;
  /** Bytes of the pages that changed. */
  readonly changedBytes: number;
  readonly readBytes: number;
  /** Size of the disk's logs together after the pass. */
  readonly logBytes: number;
  /** The last cut that the active log held before the pass; null when it held none. */
  readonly loggedCut: number | null;
  /** Bytes that a crash had left behind the last cut and that were cut back when the log was opened. */
  readonly cutBackBytes: number;
}

export interface TrackingSurvey {
  /** Of the digest table. */
  readonly tableCut: number;
  readonly tableComplete: boolean;
  /** Whether digests of what the vault has at `replicaCut` wait beside the table to be taken over. */
  readonly waitsForSent: boolean;
  /** Whether changed blocks were remembered without a log. */
  readonly hasBitmap: boolean;
  /** Ascending by sequence. */
  readonly sealed: readonly SurveyedLog[];
  readonly active: SurveyedLog | null;
}

export interface SurveyedLog {
  readonly path: string;
  readonly sequence: number;
  readonly previousCut: number;
  /** The cut it ends with; null for one that holds none. */
  readonly last: {
    readonly cut: number;
    readonly takenAtMs: number;
    readonly consistency: Consistency;
  } | null;
}

export interface InitialResult {
  readonly sentBytes: number;
  readonly skippedBytes: number;
  readonly resumedAtBytes: number | null;
}

export interface SendParams {
  readonly replica: ReplicaSpec;
  readonly cut: number;
  readonly takenAtMs: number;
  readonly consistency: Consistency;
  readonly disks: readonly ShippedLog[];
  /** Disks whose replica was prepared otherwise (initial copy, resynchronization) and becomes true with this cut. */
  readonly preparedDiskIds: readonly string[];
  readonly keepPoints: number;
  /** Points that are older than the cut (without one: than the newest point) by more than this go; null for no such limit. */
  readonly keepHours: number | null;
  /**
   * Set by resynchronization: a replica that was altered behind our back is overwritten all the same. Points that need
   * what was altered go.
   */
  readonly overwritesAltered?: boolean;
}

/** How a new log begins. */
export interface NewLogSpec {
  /** The cut that its first record builds on. */
  readonly previousCut: number;
  readonly sequence: number;
  readonly createdAtMs: number;
}

export interface SealedLog {
  readonly sealedPath: string;
  /** The cut it ends with: a log that ends earlier has lost its end. */
  readonly lastCut: number;
}

/** A sealed log on its way. */
export interface ShippedLog extends SealedLog {
  readonly diskId: string;
  readonly lineage: string;
}

export interface SendResult {
  readonly sentBytes: number;
  readonly point: RecoveryPoint | null;
  readonly prunedPoints: number;
  /** Of the cut that was committed. */
  readonly consistency: Consistency;
  /** Points that went because a replica had been altered. */
  readonly droppedPoints: number;
  /** True when the vault had the cut already: the confirmation had been lost. */
  readonly alreadyCommitted: boolean;
}

export interface DirectResult {
  /** 0: nothing is staged. */
  readonly changedBlocks: number;
  readonly changedBytes: number;
  readonly comparedBlocks: number;
  readonly sentBytes: number;
}

export interface ResyncDiskResult extends ComparisonFigures {
  readonly resumedAtBytes: number | null;
}

export interface VerifyDiskResult {
  readonly comparedBlocks: number;
  /** Blocks of the replica whose content does not match the digest recorded when they were written. */
  readonly damagedBlocks: number;
  /** Blocks in which replica and source differ. */
  readonly differentBlocks: number;
  /** Byte offsets of the first differing blocks, at most 16. */
  readonly firstDifferences: readonly number[];
}

export type TaskRequest = {
  [K in TaskKind]: {
    readonly type: 'run';
    readonly id: number;
    readonly kind: K;
    readonly params: Tasks[K]['params'];
  };
}[TaskKind];

export type ToWorker = TaskRequest | { readonly type: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly type: 'progress'; readonly id: number; readonly progress: PassProgress }
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorReport };

/** What a worker is started with. */
export interface WorkerStart {
  /** Its lanes are started with it. */
  readonly readsDisks: boolean;
  /** Of the vault that it will soon open: what that takes is loaded at once. */
  readonly vaultKind: 'directory' | 'azure' | null;
  /** Memory of the bandwidth limit that all threads share. */
  readonly bandwidth: SharedArrayBuffer;
}
