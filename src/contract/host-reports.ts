/** The host, its VMs and their disks, protected or not: plain readonly data, with the units of `reports.ts`. */

import type { ErrorReport } from './errors.ts';
import type { DiskFormat, DiskKind, Health, ReplicationState } from './model.ts';

/** A disk as the host shows it, protected or not. */
export interface HostDiskReport {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly isOperatingSystem: boolean;
  /** Every file of the chain, the tip first. */
  readonly files: readonly string[];
}

/** A disk that cannot be used as it is: it must be mended or excluded before the VM can be protected. */
export interface UnreadableDiskReport {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly error: ErrorReport;
}

export interface VmSummary {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly generation: 1 | 2 | null;
  readonly protected: boolean;
  readonly vault: string | null;
  readonly state: ReplicationState;
  readonly health: Health | null;
  readonly sizeBytes: number;
  readonly disks: readonly HostDiskReport[];
  readonly unreadable: readonly UnreadableDiskReport[];
  /** Ids of the disks, of a protected VM, that are neither protected nor excluded; left out when there are none. */
  readonly unprotectedIds?: readonly string[];
  /** Likewise of those that are excluded. */
  readonly excludedIds?: readonly string[];
  /** All that is wrong with the VM's folder and its unreadable disks. */
  readonly problems: readonly ErrorReport[];
}

export interface HostReport {
  readonly kind: 'folder' | 'hyperv';
  readonly root: string;
  readonly reachable: boolean;
  readonly vms: number;
  readonly error: ErrorReport | null;
}
