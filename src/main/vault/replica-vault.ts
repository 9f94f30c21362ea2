import type { Consistency, DiskFormat } from '../../contract/model.ts';
import type { BlockChange } from '../block/tracking-block.ts';

/**
 * The vault port. A vault keeps one replica per protected disk, the recovery points of each VM, and a catalogue that
 * another installation can read.
 *
 * Vocabulary: a *cut* is a numbered state of a VM (1, 2, 3 … within one *lineage*; a new lineage starts with each
 * initial replication or resynchronization of a disk). A replica disk is *at* a cut. A *recovery point* is a cut that is
 * at least crash-consistent, with all of the VM's disks.
 *
 * What every vault guarantees (the conformance suite proves it):
 * - a replica under construction is not listed as complete and has no recovery points;
 * - after `commit` resolved, the cut survives power loss; before, the previous cut is what the vault holds, and a
 *   half-made one is either finished or discarded by the next `openVm` — never half visible;
 * - a fuzzy cut adds no recovery point and destroys none;
 * - every error is a ReplicationError of the catalogue: VAULT_* or REPLICA_*.
 */
export interface ReplicaVault {
  readonly kind: 'directory' | 'azure';
  /** What the user typed: a directory, or `azure:CONTAINER`. Never a secret. */
  readonly target: string;
  info(): Promise<VaultInfo>;
  /** Tries each right that replication needs, leaves nothing behind. */
  check(): Promise<readonly VaultCheck[]>;
  listVms(): Promise<readonly VaultVm[]>;
  /** Creates or updates the catalogue entry of a VM. */
  saveVm(vm: VaultVm): Promise<void>;
  /**
   * Opens a VM's replicas for replication and finishes or discards what a crash left.
   * @throws VAULT_IN_USE when another installation is the VM's writer
   */
  openVm(vmId: string, writer: VaultWriter): Promise<VmReplica>;
  /** Opens a VM's replicas for reading: points, restore, verify. Takes no writer's right. */
  readVm(vmId: string): Promise<VmReplicaReader>;
  /** Deletes the VM with all replicas and points. Crash-safe: a half-deleted VM is not listed. */
  removeVm(vmId: string): Promise<void>;
  close(): Promise<void>;
}

/** Which installation writes: a random id kept in its data directory, and a name for people (host name). */
export interface VaultWriter {
  readonly installationId: string;
  readonly name: string;
}

export interface VaultInfo {
  readonly vaultId: string;
  readonly kind: 'directory' | 'azure';
  readonly target: string;
  /** Null where the service does not say. */
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
}

export interface VaultCheck {
  readonly right: 'reach' | 'write' | 'read' | 'rename' | 'snapshot' | 'delete';
  readonly passed: boolean;
  readonly detail: string;
}

export interface VaultDisk {
  readonly diskId: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  /** Format of the source, which restore writes by default (VHD or VHDX). */
  readonly sourceFormat: DiskFormat;
  readonly isOperatingSystem: boolean;
}

export interface VaultVm {
  readonly vmId: string;
  readonly name: string;
  readonly generation: 1 | 2 | null;
  readonly disks: readonly VaultDisk[];
  readonly frequencySeconds: number;
  readonly retentionPoints: number;
  readonly protectedAtMs: number;
  readonly writer: VaultWriter;
}

/** Where one disk's replica stands. */
export interface ReplicaDiskState {
  readonly diskId: string;
  readonly phase: 'absent' | 'initial' | 'complete';
  /** The lineage and cut the replica is at; null unless complete. */
  readonly lineage: string | null;
  readonly cut: number | null;
  readonly sizeBytes: number | null;
  /** Path or URL without a secret. */
  readonly location: string;
  readonly usedBytes: number;
}

export interface RecoveryPoint {
  /** `<lineage-independent>` id, unique within the VM, e.g. the cut's time as `20260102T030405Z-17`. */
  readonly id: string;
  readonly cut: number;
  readonly takenAtMs: number;
  readonly consistency: Exclude<Consistency, 'fuzzy'>;
  /** Bytes that keeping this point costs beyond the newer ones. */
  readonly sizeBytes: number;
}

export interface VmReplicaReader {
  readonly vm: VaultVm;
  diskStates(): Promise<readonly ReplicaDiskState[]>;
  /** Oldest first. */
  points(): Promise<readonly RecoveryPoint[]>;
  /** Opens a disk's content at a recovery point, or the newest applied state with `null`. */
  openDisk(diskId: string, pointId: string | null): Promise<ReplicaContent>;
  close(): Promise<void>;
}

/** Content of one replica disk at one cut. */
export interface ReplicaContent {
  readonly sizeBytes: number;
  /** Fills `target` from `offset`. */
  read(target: Uint8Array, offset: number): Promise<void>;
  /** Recorded digests of blocks [firstBlock, firstBlock + target.length / 16). */
  digests(target: Uint8Array, firstBlock: number): Promise<void>;
  close(): Promise<void>;
}

export interface VmReplica extends VmReplicaReader {
  /**
   * Starts or goes on with a disk's initial replica. `resumeFromOffset` is the caller's persisted checkpoint (0 = new:
   * whatever half replica exists is thrown away). The replica may refuse to resume by returning a smaller
   * `resumedFromOffset`.
   */
  beginInitial(disk: VaultDisk, lineage: string, resumeFromOffset: number): Promise<InitialReplica>;
  /**
   * Starts a disk's delta to `spec.cut`. A delta of the same lineage and cut that an interruption left is resumed where
   * it stands if it can be, else discarded; one of another cut is discarded.
   * @throws HRL_OUT_OF_SEQUENCE when the replica is not at `spec.previousCut` of `spec.lineage`
   */
  beginDelta(diskId: string, spec: DeltaSpec): Promise<DeltaWriter>;
  /**
   * Makes the cut true for all disks at once: sealed deltas and completed initial replicas named in `cut.diskIds`.
   * Idempotent: committing a cut that is committed already does nothing.
   */
  commit(cut: VmCut): Promise<CommitResult>;
  /** Drops points beyond the newest `keep` (at least one stays, however old); crash-safe. Returns how many went. */
  prune(keep: number): Promise<number>;
  /**
   * A reader of the disk's newest state that is cheap enough to narrow changed blocks down to pages, or null where
   * reading costs a network round trip.
   */
  openBaseline(diskId: string): Promise<ReplicaContent | null>;
}

export interface DeltaSpec {
  readonly lineage: string;
  readonly previousCut: number;
  readonly cut: number;
  readonly takenAtMs: number;
  readonly consistency: Consistency;
  /**
   * Set by resynchronization: the replica is re-based from whatever lineage and cut it is at onto this lineage, and
   * `lineage`/`previousCut` are not checked.
   */
  readonly rebaseTo?: string;
}

export interface VmCut {
  readonly cut: number;
  readonly takenAtMs: number;
  readonly consistency: Consistency;
  /** Disks that this cut changes. */
  readonly diskIds: readonly string[];
}

export interface CommitResult {
  /** The point that the cut became; null for a fuzzy cut. */
  readonly point: RecoveryPoint | null;
}

/** The first copy of a disk. Ranges may come in any order; each is block-aligned except at the disk's end. */
export interface InitialReplica {
  /** The copy goes on from here; 0 for a new one. */
  readonly resumedFromOffset: number;
  /** Writes whole blocks with their 16-byte digests. Resolves when accepted, which is not yet durable. `data` may be reused then. */
  write(offset: number, data: Uint8Array, digests: Uint8Array): Promise<void>;
  /** The range is zeros: free on a fresh replica, cleared where an interrupted run may have written. */
  zero(offset: number, length: number): Promise<void>;
  /** Everything accepted so far is durable when this resolves. */
  flush(): Promise<void>;
  /** All ranges are written: durable, digests included, ready for `commit` of `cut`. The replica still does not look usable. */
  seal(cut: number): Promise<void>;
  /** Lets go without sealing; what was flushed can be resumed. */
  close(): Promise<void>;
}

export interface DeltaWriter {
  /** Changes that an interrupted run had staged already, counted in `put` calls; the caller skips that many. */
  readonly resumedChanges: number;
  /** Stages one block's change; returns the bytes sent for it (less than `data` where pages turn out equal). `change` may be reused after. */
  put(change: BlockChange): Promise<number>;
  /** Everything put is durable at the vault, ready for `commit`. */
  seal(): Promise<void>;
  close(): Promise<void>;
}
