import type { DiskFormat, DiskKind } from '../../contract/model.ts';

/** A run of bytes on the virtual disk; both in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Who a disk is and how it is cut up: what a resumed job compares before it goes on. */
export interface DiskIdentity {
  /** VHD unique id or VHDX virtual disk id of the chain's root, lower-case UUID; survives checkpoints. */
  readonly diskId: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
}

/**
 * A virtual disk opened read-only: what the guest sees, whatever file format and chain lie below.
 * Offsets and lengths need no alignment. Instances belong to one thread.
 */
export interface VirtualDisk {
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly identity: DiskIdentity;
  /** Every file of the chain, the tip first, absolute paths. */
  readonly files: readonly string[];
  /** Fills `target` with the guest's bytes from `offset`; holes read as zeros. */
  read(target: Uint8Array, offset: number): void;
  /**
   * Ranges that may hold something other than zeros, ascending, adjacent ones merged, without reading data.
   * Lazy: memory does not grow with the disk.
   */
  extents(from?: number, to?: number): Iterable<Extent>;
  close(): void;
}

/** Where a range of one layer's virtual disk comes from. */
export type Segment =
  | { readonly source: 'file'; readonly offset: number; readonly length: number; readonly fileOffset: number }
  | { readonly source: 'zero'; readonly offset: number; readonly length: number }
  | { readonly source: 'parent'; readonly offset: number; readonly length: number };

/** How a differencing layer names its parent. */
export interface ParentReference {
  /** VHD: the parent's unique id. VHDX: `parent_linkage`, the parent's DataWriteGuid. Lower-case UUIDs; any of them may match. */
  readonly linkages: readonly string[];
  /** Candidate paths in the order to try, as written in the file (Windows or POSIX). */
  readonly paths: readonly string[];
}

/** One file of a chain, parsed; `ChainDisk` stacks them into a `VirtualDisk`. */
export interface DiskLayer {
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  /** Stable id of this file's virtual disk (VHD unique id, VHDX virtual disk id). */
  readonly diskId: string;
  /** What a child's `linkages` must contain (VHD: unique id; VHDX: DataWriteGuid). */
  readonly linkage: string;
  /** Present exactly when `kind` is differencing. */
  readonly parent: ParentReference | null;
  /** Further fields worth showing in `disk info`, in display order. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** Splits [offset, offset + length) into consecutive segments, lazily; neighbours of one kind may be merged. */
  segments(offset: number, length: number): Iterable<Segment>;
  /** Reads raw bytes of the file (with any in-memory log replay applied) at a `fileOffset` that `segments` gave. */
  readFile(target: Uint8Array, fileOffset: number): void;
  close(): void;
}

/** A virtual disk being written: replicas, restored disks, conversions, sample disks. Never a VM's own disk. */
export interface VirtualDiskWriter {
  readonly path: string;
  readonly sizeBytes: number;
  /** Reads back what was written; holes are zeros. */
  read(target: Uint8Array, offset: number): void;
  write(data: Uint8Array, offset: number): void;
  /** Makes the range read as zeros, giving space back where whole blocks allow it; never allocates. */
  zero(offset: number, length: number): void;
  /** Everything written before is durable, and the file opens, when this resolves. Data reach the disk before the tables that name them. */
  flush(): Promise<void>;
  /** Flushes and closes. */
  close(): Promise<void>;
  /** Closes the handle without flushing, e.g. after an error. */
  abandon(): void;
}
