import type { Consistency, DiskFormat } from '../../contract/model.ts';
import type { BlockChange } from '../block/tracking-block.ts';
import type { Extent } from '../disk/virtual-disk.ts';

/**
 * The vault port. A vault keeps one replica per protected disk, the recovery points of each VM, and a catalogue that
 * another installation can read.
 *
 * Vocabulary: a *cut* is a numbered state of a VM (1, 2, 3 … within one *lineage*; a new lineage starts with each
 * initial replication or resynchronization of a disk). A replica disk is *at* a cut. A *recovery point* is a cut that is
 * at least crash-consistent, with all of the VM's disks, but for those that join.
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
  /** What an encrypted vault is encrypted with, in base64: a secret. Null for one that is not. */
  readonly encryptionKey: string | null;
  info(): Promise<VaultInfo>;
  /** Tries each right that replication needs, leaves nothing behind. */
  check(): Promise<readonly VaultCheck[]>;
  listVms(): Promise<readonly VaultVm[]>;
  /**
   * Creates or updates the catalogue entry of a VM. Replicas and points are not touched.
   * `takeOver` hands the writer's right of an existing VM to `vm.writer`: the other installation is refused from then on.
   * @throws VAULT_IN_USE when another installation is the VM's writer and `takeOver` is not set
   */
  saveVm(vm: VaultVm, options?: { readonly takeOver?: boolean }): Promise<void>;
  /**
   * Opens a VM's replicas for replication and finishes or discards what a crash left.
   * @throws VAULT_IN_USE when another installation is the VM's writer
   * @throws REPLICA_MISSING when the vault has no such VM (`readVm` likewise)
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
  readonly right: 'reach' | 'read' | 'list' | 'write' | 'rename' | 'snapshot' | 'delete' | 'space';
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
  /** Its first copy is not complete though the VM's was: points are made without it. */
  readonly joins?: boolean | undefined;
}

export interface VaultVm {
  readonly vmId: string;
  readonly name: string;
  readonly generation: 1 | 2 | null;
  readonly disks: readonly VaultDisk[];
  readonly frequencySeconds: number;
  readonly retentionPoints: number;
  /** Older points go; null or left out for no such limit. */
  readonly retentionHours?: number | null | undefined;
  readonly protectedAtMs: number;
  readonly writer: VaultWriter;
  /** Disks that left the VM and that points have. The vault keeps them by itself; nothing that `saveVm` is given. */
  readonly formerDisks?: readonly VaultDisk[] | undefined;
}

/** Where one disk's replica stands. */
export interface ReplicaDiskState {
  readonly diskId: string;
  /** `absent` also when the replica's file is gone; `initial` only until the first replica is committed. */
  readonly phase: 'absent' | 'initial' | 'complete';
  /**
   * The lineage and cut the replica is at; null unless complete. A disk that a cut did not name stays at the cut of its
   * last change.
   */
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
  /** The disks it has: those that the VM had then. */
  readonly diskIds: readonly string[];
}

export interface VmReplicaReader {
  readonly vm: VaultVm;
  diskStates(): Promise<readonly ReplicaDiskState[]>;
  /** Oldest first. */
  points(): Promise<readonly RecoveryPoint[]>;
  /** Opens a disk's content at a recovery point, or the newest applied state with `null`. */
  openDisk(diskId: string, pointId: string | null): Promise<ReplicaContent>;
  /**
   * A reader of the disk's newest state that is cheap enough to narrow changed blocks down to pages, or null where
   * reading costs a network round trip.
   */
  openBaseline(diskId: string): Promise<ReplicaContent | null>;
  close(): Promise<void>;
}

/**
 * Content of one replica disk at one cut. A reader of a recovery point goes on while the replica moves; a reader of the
 * newest state is refused (STATE_INVALID) once it moved, and never given a mixture.
 */
export interface ReplicaContent {
  readonly sizeBytes: number;
  /** Whether the recorded digests cannot be of anything but this content, so that they stand for it unread. */
  readonly vouches: boolean;
  /** A disk file that holds this content and nothing else, for threads that read by themselves; null where there is none. */
  readonly file: string | null;
  /** Fills `target` from `offset`. */
  read(target: Uint8Array, offset: number): Promise<void>;
  /** Ranges that may hold something other than zeros, ascending, without reading data. Lazy: memory does not grow with the disk. */
  extents(from?: number, to?: number): AsyncIterable<Extent>;
  /** Recorded digests of blocks [firstBlock, firstBlock + target.length / 16). */
  digests(target: Uint8Array, firstBlock: number): Promise<void>;
  close(): Promise<void>;
}

export interface VmReplica extends VmReplicaReader {
  /**
   * Starts or goes on with a disk's initial replica. `resumeFromOffset` is the caller's persisted checkpoint (0 = new:
   * whatever half replica exists is thrown away). The replica may refuse to resume by returning a smaller
   * `resumedFromOffset`; from there on every range must be given, by `write` or by `zero`. A complete replica of the disk
   * (it was resized, say) stays what it is until the commit.
   */
  beginInitial(disk: VaultDisk, lineage: string, resumeFromOffset: number): Promise<InitialReplica>;
  /**
   * Starts a disk's delta to `spec.cut`. A delta of the same lineage and cut that an interruption left is resumed where
   * it stands if it can be, else discarded; one of another cut is discarded.
   * @throws HRL_OUT_OF_SEQUENCE when the replica is not at `spec.previousCut` of `spec.lineage`
   */
  beginDelta(diskId: string, spec: DeltaSpec): Promise<DeltaWriter>;
  /**
   * Makes the cut true for all disks at once: sealed deltas and completed initial replicas named in `cut.diskIds`, which
   * may be none. It becomes a recovery point unless it is fuzzy or a disk of the VM, other than one that joins, has no
   * complete replica yet.
   * Idempotent: committing a cut (number and time) that is committed already does nothing.
   * @throws HRL_OUT_OF_SEQUENCE when nothing is sealed for a named disk
   * @throws REPLICA_INVALID when what a delta would overwrite is not what was recorded; nothing is committed then
   */
  commit(cut: VmCut): Promise<CommitResult>;
  /**
   * Drops points beyond the newest `keep`, and those taken before `notBeforeMs` (at least one stays, however old);
   * crash-safe. Returns how many went.
   */
  prune(keep: number, notBeforeMs?: number | null): Promise<number>;
  /**
   * Drops all recovery points: for a replica found altered, whose before-images can no longer be trusted. It also gives
   * up a disk that an interrupted commit left beyond repair; that disk is `absent` afterwards.
   */
  dropPoints(): Promise<void>;
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
  /** The point that the cut became; null for a fuzzy cut and while a disk is not yet replicated. */
  readonly point: RecoveryPoint | null;
}

/** The first copy of a disk. Ranges may come in any order; each is block-aligned except at the disk's end. */
export interface InitialReplica {
  /** The copy goes on from here; 0 for a new one. */
  readonly resumedFromOffset: number;
  /**
   * Writes whole blocks with their 16-byte digests. Resolves when accepted, which is not yet durable. `data` may be reused
   * then, unless the replica called `keep`: then once it has called what that returned, at the latest when it is closed.
   */
  write(offset: number, data: Uint8Array, digests: Uint8Array, keep?: () => () => void): Promise<void>;
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
  /** Whether an interrupted run's delta is gone on with; it may have staged more than `resumedChanges`. */
  readonly isResumed: boolean;
  /**
   * Stages one block's change; returns the bytes sent for it (less than `data` where pages turn out equal). `change` may
   * be reused after. Of several changes to one block the last one counts, page by page.
   * @throws REPLICA_INVALID when the pages of `change` on the replica's block do not give `change.digest`
   */
  put(change: BlockChange): Promise<number>;
  /**
   * As `put`, of a whole block that an interrupted run may have staged in another state: afterwards it is what `change`
   * says, whatever was left there. Each block once, ascending.
   */
  restage(change: BlockChange): Promise<number>;
  /** Everything put so far is durable, and a delta interrupted later goes on after it. Returns the calls that counts. */
  checkpoint(): Promise<number>;
  /** Everything put is durable at the vault, ready for `commit`. */
  seal(): Promise<void>;
  close(): Promise<void>;
}
