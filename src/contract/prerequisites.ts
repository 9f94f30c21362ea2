/** What must hold before a VM is protected: the limits, each with its source, and the checks as they are shown. */

import type { ErrorReport } from './errors.ts';

/** `warning`: protection can begin, and something should be looked at. */
export type CheckOutcome = 'pass' | 'warning' | 'fail';

/** One thing that was looked at before anything is written. */
export interface PrerequisiteCheck {
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** What was found, with figures. */
  readonly detail: string;
  /** What a person can do about it; null for what passed. */
  readonly fix: string | null;
  /** What protecting the VM is refused with; null unless it failed. */
  readonly error: ErrorReport | null;
}

interface Limit {
  /** Bytes, or a count. */
  readonly value: number;
  /** `azure`: only for a vault in a storage account, from which Azure makes virtual machines. */
  readonly scope: 'azure' | 'all';
  readonly source: string;
}

const gibibyte = 1024 ** 3;
const siteRecovery = 'Azure Site Recovery, Hyper-V to Azure support matrix (2018)';

/** Every limit that protecting a VM is checked against. Azure counts a GB as 1,024³ bytes. */
export const prerequisiteLimits = {
  generation1OsDiskBytes: { value: 2_048 * gibibyte, scope: 'azure', source: siteRecovery },
  generation2OsDiskBytes: { value: 300 * gibibyte, scope: 'azure', source: siteRecovery },
  osDisks: { value: 1, scope: 'azure', source: siteRecovery },
  dataDisks: { value: 16, scope: 'azure', source: siteRecovery },
  dataDiskBytes: { value: 4_095 * gibibyte, scope: 'azure', source: siteRecovery },
  nameLength: { value: 63, scope: 'azure', source: siteRecovery },
  logicalSectorBytes: { value: 512, scope: 'azure', source: siteRecovery },
  pageBlobBytes: {
    value: 8 * 1_024 * gibibyte,
    scope: 'azure',
    source: 'Azure Storage, scalability targets for page blobs',
  },
  diskBytes: { value: 64 * 1_024 * gibibyte, scope: 'all', source: 'VHDX format 1.0, [MS-VHDX] 2.6.2.1' },
  logShare: {
    value: 0.5,
    scope: 'all',
    source: 'Hyper-V Replica: a log of 50 % of its disk leads to resynchronization',
  },
} as const satisfies Record<string, Limit>;

/** 1–63 letters, digits or hyphens, a letter or digit at both ends. */
export const azureVmName = new RegExp(
  `^[A-Za-z0-9](?:[A-Za-z0-9-]{0,${prerequisiteLimits.nameLength.value - 2}}[A-Za-z0-9])?$`,
);
