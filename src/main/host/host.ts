import type { ErrorReport } from '../../contract/errors.ts';
import type { DiskFormat, DiskKind } from '../../contract/model.ts';
import type { FileStamp } from '../platform/file-stamp.ts';

/** One virtual disk of a VM as the host shows it now. */
export interface HostDisk {
  /** Disk id of the chain's root (lower-case UUID), unique within the VM. */
  readonly id: string;
  /** File name of the chain's root, e.g. `system.vhdx`: stays when a checkpoint adds a tip. */
  readonly name: string;
  /** The chain's root file; logs lie beside it and carry its name. */
  readonly rootPath: string;
  /** The file the VM writes into: the tip of the chain. */
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  /** Every file of the chain, tip first. */
  readonly files: readonly string[];
  readonly isOperatingSystem: boolean;
}

/** A disk of a VM that cannot be used as it is: damaged, foreign, out of the host folder, or of a broken chain. */
export interface UnreadableDisk {
  /** Lower-case UUID made of its name; it has another one as soon as it can be read. */
  readonly id: string;
  /** File name of what would be the chain's root, as far as that can be told. */
  readonly name: string;
  /** The file that would have to be mended. */
  readonly path: string;
  readonly error: ErrorReport;
}

export interface HostVm {
  /** Stable when the VM's folder is renamed. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** From the OS disk's partition table: MBR 1, GPT 2; null when it has neither. */
  readonly generation: 1 | 2 | null;
  readonly disks: readonly HostDisk[];
  /** They block the protection of this VM until each is mended or excluded. */
  readonly unreadable: readonly UnreadableDisk[];
  /** All that is wrong with the folder and with its unreadable disks. */
  readonly problems: readonly ErrorReport[];
}

/** A disk held still for one pass. */
export interface FrozenDisk {
  readonly diskId: string;
  /** What to open: a clone of the tip, or the live tip itself. */
  readonly path: string;
  /** True for a clone, which cannot change while it is read. */
  readonly cloned: boolean;
  /**
   * Stamps of the live files of the disk's chain, tip first: as long as they stay the same, the disk holds what is read
   * from this freeze. Null when a file was too busy for that to be told.
   */
  readonly stamps: readonly FileStamp[] | null;
}

export interface FrozenVm {
  readonly disks: readonly FrozenDisk[];
  /** Milliseconds since the epoch: the source time that this cut stands for. */
  readonly takenAtMs: number;
  /**
   * Whether what was read since `freeze` is one point in time: clones taken at one instant, or live files that did not
   * change. Call it after the last byte was read, before `release`.
   */
  isConsistent(): Promise<boolean>;
  /** Removes clones. Safe to call twice. */
  release(): Promise<void>;
}

/** Where VMs live. `folder/` now; `hyperv/` drives a real host behind the same port. */
export interface Host {
  readonly kind: 'folder' | 'hyperv';
  readonly root: string;
  /** @throws ReplicationError `HOST_NOT_FOUND` */
  listVms(): Promise<readonly HostVm[]>;
  /** Holds the named disks of a VM still, by clone where the volume can. */
  freeze(vm: HostVm, diskIds: readonly string[]): Promise<FrozenVm>;
}
