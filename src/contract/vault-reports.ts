/** Vaults and the recovery points in them: plain readonly data, with the units of `reports.ts`. */

import type { ErrorReport } from './errors.ts';
import type { Consistency } from './model.ts';
import type { SignInReport } from './sign-in.ts';

export interface PointReport {
  readonly id: string;
  readonly takenAt: string;
  readonly consistency: Consistency;
  /** What keeping the point costs beyond the newer ones. */
  readonly sizeBytes: number;
  /** Names of the disks it has; left out where they are those that the VM has now. */
  readonly disks?: readonly string[];
}

export interface PointsReport {
  readonly vmId: string;
  readonly vm: string;
  readonly vault: string;
  /** Oldest first. */
  readonly points: readonly PointReport[];
}

export interface VaultReport {
  readonly name: string;
  readonly kind: 'directory' | 'azure';
  /** What the user typed: a directory, or `azure:CONTAINER`. */
  readonly target: string;
  readonly vaultId: string;
  readonly addedAt: string;
  readonly reachable: boolean;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly vms: readonly VaultVmReport[];
  /** Of a storage account; null for a directory, or when none is kept. */
  readonly signIn: SignInReport | null;
  /** Why it is not reachable. */
  readonly error: ErrorReport | null;
}

/** A VM in a vault's own catalogue, whichever installation put it there. */
export interface VaultVmReport {
  readonly id: string;
  readonly name: string;
  /** Name of the installation that replicates it. */
  readonly writer: string;
  readonly disks: number;
  readonly points: number;
  readonly newestPointAt: string | null;
}

export interface VaultCheckReport {
  readonly name: string;
  readonly target: string;
  readonly passed: boolean;
  readonly signIn: SignInReport | null;
  readonly checks: readonly { readonly right: string; readonly passed: boolean; readonly detail: string }[];
}
